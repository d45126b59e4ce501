//! Encryption algorithms we speak (RFC 7518 §4.1 and §5.1): how the content key travels, and what the content is encrypted with.

use super::text::words;

words! {
    /// The `alg` of a JWE. RSA1_5 has no value here: its padding gives the key away (RFC 8725 §3.2).
    KeyManagement,
    "encryption algorithm must be RSA-OAEP-256, RSA-OAEP, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW" {
        RsaOaep256 = "RSA-OAEP-256",
        RsaOaep = "RSA-OAEP",
        EcdhEs = "ECDH-ES",
        EcdhEsA128Kw = "ECDH-ES+A128KW",
        EcdhEsA256Kw = "ECDH-ES+A256KW",
    }
}

words! {
    /// The `enc` of a JWE.
    ContentEncryption,
    "content encryption must be A128CBC-HS256, A256CBC-HS512, A128GCM or A256GCM" {
        A128CbcHs256 = "A128CBC-HS256",
        A256CbcHs512 = "A256CBC-HS512",
        A128Gcm = "A128GCM",
        A256Gcm = "A256GCM",
    }
}

impl Default for ContentEncryption {
    /// What a client that registers only an `alg` gets (OpenID Connect Registration §2).
    fn default() -> Self {
        Self::A128CbcHs256
    }
}

impl KeyManagement {
    /// Whether the recipient's key is an RSA key; else it is one for key agreement.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::RsaOaep256 | Self::RsaOaep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_dangerous_ones() {
        for text in ["RSA1_5", "none", "dir", "A128KW", "PBES2-HS256+A128KW", "rsa-oaep", ""] {
            assert!(text.parse::<KeyManagement>().is_err(), "{text}");
        }
        for text in ["none", "A128CBC", "DEF", ""] {
            assert!(text.parse::<ContentEncryption>().is_err(), "{text}");
        }
    }
}
