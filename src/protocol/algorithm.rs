//! Signing algorithms we speak (RFC 7518 §3.1, RFC 8037). `none` and the symmetric ones have no value here.

use super::text::words;

words! {
    /// The `alg` of a signature.
    SigningAlgorithm, "signing algorithm must be RS256, PS256, ES256 or EdDSA" {
        /// What Java clients expect; the default for ID tokens (OIDC Core §15.1).
        Rs256 = "RS256",
        Ps256 = "PS256",
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

words! {
    /// The `alg` of a client assertion (`token_endpoint_auth_signing_alg`).
    AssertionAlgorithm, "assertion signing algorithm must be RS256, PS256, ES256, EdDSA, or HS256 with client_secret_jwt" {
        Rs256 = "RS256",
        Ps256 = "PS256",
        Es256 = "ES256",
        EdDsa = "EdDSA",
        /// With a shared secret: `client_secret_jwt` only.
        Hs256 = "HS256",
    }
}

impl AssertionAlgorithm {
    /// The same with a key of the client's own; `None` for a shared secret.
    pub const fn signing(self) -> Option<SigningAlgorithm> {
        match self {
            Self::Rs256 => Some(SigningAlgorithm::Rs256),
            Self::Ps256 => Some(SigningAlgorithm::Ps256),
            Self::Es256 => Some(SigningAlgorithm::Es256),
            Self::EdDsa => Some(SigningAlgorithm::EdDsa),
            Self::Hs256 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_dangerous_ones() {
        for text in ["none", "None", "HS256", "RS1", "rs256", ""] {
            assert!(text.parse::<SigningAlgorithm>().is_err(), "{text}");
        }
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
    }
}
