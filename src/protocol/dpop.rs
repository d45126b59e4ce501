//! Proofs that a client holds a key (RFC 9449 §4): reading, and every check but signature, nonce and single use.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use url::Url;

use crate::base::Timestamp;

use super::algorithm::SigningAlgorithm;
use super::json::{Bounds, parse_object};
use super::refusal::Refusal;
use super::thumbprint::thumbprint;

/// What a proof may be signed with (FAPI 2.0 Security Profile §5.4.1); nothing weaker for anybody.
pub const ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Ps256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];

/// How old a proof may be: the way of a slow request, and a clock that is somewhat off.
pub const OLDEST_SECONDS: i64 = 120;
/// How far the client's clock may be ahead.
pub const AHEAD_SECONDS: i64 = 30;

const MOST_PROOF: usize = 8 * 1024;
const MOST_JTI: usize = 512;
const MOST_ADDRESS: usize = 2048;

/// A proof that was read. Nothing of it is believed before its signature is checked with `key`.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    pub algorithm: SigningAlgorithm,
    /// The public key as the header carries it.
    pub key: Value,
    /// The thumbprint of the key (`jkt`).
    pub thumbprint: String,
    /// Once ever for this key.
    pub jti: String,
    pub nonce: Option<String>,
    method: String,
    address: String,
    issued_at: f64,
    token_digest: Option<String>,
}

/// The request that a proof must be made for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub now: Timestamp,
    pub method: &'a str,
    /// The absolute addresses under which the endpoint is known.
    pub addresses: &'a [String],
    /// At a resource: the access token beside the proof.
    pub access_token: Option<&'a str>,
}

impl Proof {
    /// Reads a proof: one JWT of type `dpop+jwt` with an embedded public key.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > MOST_PROOF {
            return Err(Refusal::ProofMalformed);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::ProofMalformed);
        };
        let (header, claims) = (members(header)?, members(payload)?);
        let named =
            |from: &Map<String, Value>, name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
        if named(&header, "typ").as_deref() != Some("dpop+jwt") {
            return Err(Refusal::ProofMalformed);
        }
        let algorithm = named(&header, "alg").ok_or(Refusal::ProofMalformed)?.parse();
        let algorithm = algorithm.map_err(|_| Refusal::ProofAlgorithmRefused)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Refusal::ProofAlgorithmRefused);
        }
        let key = header.get("jwk").ok_or(Refusal::ProofMalformed)?;
        let key_members = key.as_object().ok_or(Refusal::ProofKeyRefused)?;
        let claim = |name: &str| named(&claims, name).ok_or(Refusal::ProofMalformed);
        let optional = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::ProofMalformed),
        };
        let proof = Self {
            algorithm,
            thumbprint: thumbprint(key_members).map_err(|_| Refusal::ProofKeyRefused)?,
            key: key.clone(),
            jti: claim("jti")?,
            nonce: optional("nonce")?,
            method: claim("htm")?,
            address: claim("htu")?,
            issued_at: claims.get("iat").and_then(Value::as_f64).ok_or(Refusal::ProofMalformed)?,
            token_digest: optional("ath")?,
        };
        let bounded = (1..=MOST_JTI).contains(&proof.jti.len()) && proof.address.len() <= MOST_ADDRESS;
        if bounded { Ok(proof) } else { Err(Refusal::ProofMalformed) }
    }

    /// RFC 9449 §4.3 (8), (9), (11) and (12 a): made for this request, now, and for the token beside it.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), Refusal> {
        if self.method != expected.method {
            return Err(Refusal::ProofMethodWrong);
        }
        let address = normal(&self.address).ok_or(Refusal::ProofAddressWrong)?;
        if !expected.addresses.iter().any(|known| normal(known).as_ref() == Some(&address)) {
            return Err(Refusal::ProofAddressWrong);
        }
        let age = expected.now.seconds() as f64 - self.issued_at;
        // A proof dated NaN or beyond all measure is in no range.
        if !(-AHEAD_SECONDS as f64..=OLDEST_SECONDS as f64).contains(&age) {
            return Err(Refusal::ProofStale);
        }
        match expected.access_token {
            Some(token) if self.token_digest.as_deref() != Some(token_digest(token).as_str()) => {
                Err(Refusal::ProofTokenWrong)
            }
            _ => Ok(()),
        }
    }
}

/// `ath` (RFC 9449 §4.2).
pub fn token_digest(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, access_token.as_bytes()))
}

fn members(part: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::ProofMalformed)?;
    let text = String::from_utf8(bytes).map_err(|_| Refusal::ProofMalformed)?;
    parse_object(&text, Bounds { bytes: MOST_PROOF, depth: 4 }).map_err(|_| Refusal::ProofMalformed)
}

/// RFC 9449 §4.3: compared without query and fragment, after the normalisation of RFC 3986 §6.2.2 and §6.2.3.
fn normal(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    if !plain || !matches!(url.scheme(), "https" | "http") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = unescaped(url.path());
    url.set_path(&path);
    Some(url.into())
}

/// Unreserved characters stand for themselves; other escapes are written with capital letters.
fn unescaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let code = after.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (code.map(char::from), after.get(..3)) {
            (Some(c), Some(_)) if c.is_ascii_alphanumeric() || "-._~".contains(c) => text.push(c),
            (_, Some(escape)) => text.push_str(&escape.to_ascii_uppercase()),
            (_, None) => text.push('%'),
        }
        rest = after.get(3..).or(after.get(1..)).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const TOKEN_ENDPOINT: &str = "https://id.example/oidc/token";

    fn encoded(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    fn header() -> Value {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk})
    }

    fn claims() -> Value {
        json!({"jti": "one", "htm": "POST", "htu": TOKEN_ENDPOINT, "iat": 1000})
    }

    fn with(mut object: Value, changes: Value) -> Value {
        for (name, value) in changes.as_object().unwrap() {
            object[name] = value.clone();
            if value.is_null() {
                object.as_object_mut().unwrap().remove(name);
            }
        }
        object
    }

    fn checked(changes: Value) -> Result<(), Refusal> {
        let proof = Proof::parse(&encoded(&header(), &with(claims(), changes)))?;
        let addresses = [TOKEN_ENDPOINT.to_owned(), "https://mtls.example/oidc/token".to_owned()];
        proof.check(&Expected {
            now: Timestamp::from_seconds(1000),
            method: "POST",
            addresses: &addresses,
            access_token: None,
        })
    }

    #[test]
    fn each_rule_of_the_claims_has_its_refusal() {
        use Refusal::*;
        let cases = [
            (json!({}), Ok(())),
            (json!({"htu": "https://ID.example:443/oidc/./token?a=b#c"}), Ok(())),
            (json!({"htu": "https://id.example/oidc/%74oken"}), Ok(())),
            (json!({"htu": "https://mtls.example/oidc/token"}), Ok(())),
            (json!({"iat": 880}), Ok(())),
            (json!({"iat": 1030}), Ok(())),
            (json!({"iat": 1000.5}), Ok(())),
            (json!({"iat": 879}), Err(ProofStale)),
            (json!({"iat": 1031}), Err(ProofStale)),
            (json!({"iat": 1e300}), Err(ProofStale)),
            (json!({"iat": "1000"}), Err(ProofMalformed)),
            (json!({"iat": null}), Err(ProofMalformed)),
            (json!({"jti": null}), Err(ProofMalformed)),
            (json!({"jti": ""}), Err(ProofMalformed)),
            (json!({"jti": "x".repeat(513)}), Err(ProofMalformed)),
            (json!({"nonce": 1}), Err(ProofMalformed)),
            (json!({"htm": null}), Err(ProofMalformed)),
            (json!({"htm": "GET"}), Err(ProofMethodWrong)),
            (json!({"htm": "post"}), Err(ProofMethodWrong)),
            (json!({"htu": null}), Err(ProofMalformed)),
            (json!({"htu": "/oidc/token"}), Err(ProofAddressWrong)),
            (json!({"htu": "http://id.example/oidc/token"}), Err(ProofAddressWrong)),
            (json!({"htu": "https://id.example/oidc/token/"}), Err(ProofAddressWrong)),
            (json!({"htu": "https://id.example/oidc%2Ftoken"}), Err(ProofAddressWrong)),
            (json!({"htu": "https://me@id.example/oidc/token"}), Err(ProofAddressWrong)),
            (json!({"htu": "https://evil.example/oidc/token"}), Err(ProofAddressWrong)),
            (json!({"htu": "x".repeat(3000)}), Err(ProofMalformed)),
        ];
        for (changes, expected) in cases {
            assert_eq!(checked(changes.clone()), expected, "{changes}");
        }
    }

    #[test]
    fn each_rule_of_the_header_has_its_refusal() {
        use Refusal::*;
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let cases = [
            (json!({"typ": "JWT"}), ProofMalformed),
            (json!({"typ": null}), ProofMalformed),
            (json!({"alg": null}), ProofMalformed),
            (json!({"alg": "none"}), ProofAlgorithmRefused),
            (json!({"alg": "HS256"}), ProofAlgorithmRefused),
            (json!({"alg": "RS256"}), ProofAlgorithmRefused),
            (json!({"jwk": null}), ProofMalformed),
            (json!({"jwk": "x"}), ProofKeyRefused),
            (json!({"jwk": {"kty": "oct", "k": "c2VjcmV0"}}), ProofKeyRefused),
            (json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": x, "d": x}}), ProofKeyRefused),
        ];
        for (changes, expected) in cases {
            let text = encoded(&with(header(), changes.clone()), &claims());
            assert_eq!(Proof::parse(&text).map(|_| ()), Err(expected), "{changes}");
        }
        let twice = r#"{"typ":"dpop+jwt","alg":"EdDSA","alg":"EdDSA","jwk":{}}"#;
        let twice = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(twice), URL_SAFE_NO_PAD.encode("{}"));
        let huge = encoded(&header(), &with(claims(), json!({"pad": "x".repeat(8192)})));
        let good = encoded(&header(), &claims());
        for bad in ["", "a.b", "a.b.c.d", &twice, &huge, &format!("{good}, {good}")] {
            assert_eq!(Proof::parse(bad).map(|_| ()), Err(ProofMalformed), "{bad:.40}");
        }
    }

    #[test]
    fn at_a_resource_the_proof_names_the_token() {
        let addresses = [TOKEN_ENDPOINT.to_owned()];
        let now = Timestamp::from_seconds(1000);
        // RFC 9449 §7.1, Figure 12.
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(token_digest(token), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        let expected = Expected { now, method: "POST", addresses: &addresses, access_token: Some(token) };
        for (ath, result) in [
            (json!(token_digest(token)), Ok(())),
            (json!(token_digest("other")), Err(Refusal::ProofTokenWrong)),
            (json!(null), Err(Refusal::ProofTokenWrong)),
        ] {
            let proof = Proof::parse(&encoded(&header(), &with(claims(), json!({"ath": ath})))).unwrap();
            assert_eq!(proof.check(&expected), result);
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*", header in ".*", payload in ".*") {
            let _ = Proof::parse(&text);
            let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
            let _ = Proof::parse(&format!("{}.{}.x", encode(&header), encode(&payload)));
        }

        #[test]
        fn takes_any_address(address in ".*") {
            let _ = normal(&address);
            let _ = normal(&format!("https://a.example/{address}"));
        }
    }
}
