//! The thumbprint of a public key (RFC 7638): the same key always has the same name, whatever else its JWK says.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Members that only a private or symmetric key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const MOST_MODULUS: usize = 1024;

/// A JWK that names no public key of a kind we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key")]
pub struct NotAPublicKey;

/// The SHA-256 thumbprint, as base64url. A key with private parts is refused: it is no longer secret.
pub fn thumbprint(jwk: &Map<String, Value>) -> Result<String, NotAPublicKey> {
    if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
        return Err(NotAPublicKey);
    }
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).ok_or(NotAPublicKey);
    let printed = match (text("kty")?, jwk.get("crv").and_then(Value::as_str)) {
        ("EC", Some(curve)) => {
            let length = coordinate_length(curve).ok_or(NotAPublicKey)?;
            let (x, y) = (exact(text("x")?, length)?, exact(text("y")?, length)?);
            format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        ("OKP", Some("Ed25519")) => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, exact(text("x")?, 32)?)
        }
        ("RSA", None) => {
            let (n, e) = (number(text("n")?)?, number(text("e")?)?);
            format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
        }
        _ => return Err(NotAPublicKey),
    };
    Ok(URL_SAFE_NO_PAD.encode(digest(&SHA256, printed.as_bytes())))
}

/// RFC 7518 §6.2.1.2: the full size of a coordinate.
fn coordinate_length(curve: &str) -> Option<usize> {
    match curve {
        "P-256" => Some(32),
        "P-384" => Some(48),
        "P-521" => Some(66),
        _ => None,
    }
}

/// The text itself, once it is known to be the one way to write so many bytes.
fn exact(text: &str, length: usize) -> Result<&str, NotAPublicKey> {
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if bytes.len() == length => Ok(text),
        _ => Err(NotAPublicKey),
    }
}

/// RFC 7518 §2: a number without leading zero octets.
fn number(text: &str) -> Result<&str, NotAPublicKey> {
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if bytes.len() <= MOST_MODULUS && bytes.first().is_some_and(|first| *first != 0) => {
            Ok(text)
        }
        _ => Err(NotAPublicKey),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(jwk: Value) -> Result<String, NotAPublicKey> {
        thumbprint(jwk.as_object().unwrap())
    }

    #[test]
    fn is_that_of_the_specifications() {
        // RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let rsa = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        assert_eq!(of(rsa).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        // RFC 8037 Appendix A.3.
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(of(okp).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        // RFC 9449 §4.2 and §6.1.
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"});
        assert_eq!(of(ec).unwrap(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn only_public_keys_have_one() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        for bad in [
            json!({}),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "d": x}),
            json!({"kty": "OKP", "crv": "X25519", "x": x}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
            json!({"kty": "EC", "crv": "P-256", "x": x}),
            json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": x}),
            json!({"kty": "RSA", "n": "AAEC", "e": "AQAB"}),
            json!({"kty": "RSA", "n": 1, "e": "AQAB"}),
            // Trailing bits: another text for the same bytes.
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"}),
        ] {
            assert_eq!(of(bad.clone()), Err(NotAPublicKey), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_members(kty in ".*", crv in ".*", x in ".*") {
            let _ = of(json!({"kty": kty, "crv": crv, "x": x, "y": x, "n": x, "e": x}));
        }
    }
}
