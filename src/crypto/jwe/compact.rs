//! The compact form of a JWE (RFC 7516 §3.1): five parts and a header, read before anything is believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::agreement::Point;
use super::{JweProblem, LARGEST};
use crate::protocol::encryption::{ContentEncryption, KeyManagement};
use crate::protocol::json::{Bounds, parse_object};

/// A JWE taken apart; every part is decoded, none is checked.
#[derive(Debug)]
pub struct Compact<'t> {
    pub header: Header,
    /// As it was sent: the additional authenticated data (RFC 7516 §5.2 (14)).
    pub protected: &'t str,
    pub encrypted_key: Vec<u8>,
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

/// What the header says. Members we do not know are passed over (RFC 7516 §4), keys and addresses of keys in it too.
#[derive(Debug)]
pub struct Header {
    pub alg: KeyManagement,
    pub enc: ContentEncryption,
    pub kid: Option<String>,
    pub cty: Option<String>,
    /// The sender's ephemeral key, with ECDH-ES.
    pub epk: Option<Point>,
    pub apu: Vec<u8>,
    pub apv: Vec<u8>,
}

const HEADER: Bounds = Bounds { bytes: 4096, depth: 4 };

impl<'t> Compact<'t> {
    pub fn parse(token: &'t str) -> Result<Self, JweProblem> {
        if token.len() > LARGEST {
            return Err(JweProblem::Malformed);
        }
        let mut parts = token.split('.');
        let mut next = || parts.next().ok_or(JweProblem::Malformed);
        let protected = next()?;
        let (encrypted_key, iv, ciphertext, tag) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(JweProblem::Malformed);
        }
        Ok(Self {
            header: Header::parse(protected)?,
            protected,
            encrypted_key: decode(encrypted_key)?,
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        })
    }
}

impl Header {
    fn parse(encoded: &str) -> Result<Self, JweProblem> {
        let text = String::from_utf8(decode(encoded)?).map_err(|_| JweProblem::Malformed)?;
        let members = parse_object(&text, HEADER).map_err(|_| JweProblem::Malformed)?;
        // RFC 7516 §4.1.13: what is critical and not understood is refused; we understand no extension. Compressed
        // content could be a thousand times larger than it looks (RFC 8725 §3.6).
        if members.contains_key("crit") || members.contains_key("zip") {
            return Err(JweProblem::Unsupported);
        }
        let alg: KeyManagement = word(&members, "alg")?;
        let epk = match members.get("epk") {
            Some(Value::Object(key)) => Some(Point::from_jwk(key).ok_or(JweProblem::Unsupported)?),
            Some(_) => return Err(JweProblem::Malformed),
            None => None,
        };
        if epk.is_some() == alg.is_rsa() {
            return Err(JweProblem::Malformed);
        }
        Ok(Self {
            alg,
            enc: word(&members, "enc")?,
            kid: text_member(&members, "kid")?.map(str::to_owned),
            cty: text_member(&members, "cty")?.map(str::to_owned),
            epk,
            apu: party(&members, "apu")?,
            apv: party(&members, "apv")?,
        })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JweProblem> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JweProblem::Malformed)
}

fn word<T: std::str::FromStr>(members: &Map<String, Value>, name: &str) -> Result<T, JweProblem> {
    let text = text_member(members, name)?.ok_or(JweProblem::Malformed)?;
    text.parse().map_err(|_| JweProblem::Unsupported)
}

fn text_member<'m>(members: &'m Map<String, Value>, name: &str) -> Result<Option<&'m str>, JweProblem> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JweProblem::Malformed),
    }
}

fn party(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, JweProblem> {
    text_member(members, name)?.map_or(Ok(Vec::new()), decode)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str) -> String {
        format!("{}.AA.AA.AA.AA", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn reads_the_header_strictly() {
        let parsed = |header: &str| Compact::parse(&token(header)).map(|compact| compact.header.alg).err();
        let fine =
            r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","kid":"k","cty":"JWT","jku":"https://evil.example"}"#;
        assert_eq!(parsed(fine), None);
        use JweProblem::{Malformed, Unsupported};
        let cases = [
            (r#"{"alg":"RSA-OAEP-256"}"#, Malformed),
            (r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","enc":"A256GCM"}"#, Malformed),
            (r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","zip":"DEF"}"#, Unsupported),
            (r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","crit":[]}"#, Unsupported),
            (r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","kid":7}"#, Malformed),
            (r#"{"alg":"RSA1_5","enc":"A128GCM"}"#, Unsupported),
            (r#"{"alg":"dir","enc":"A128GCM"}"#, Unsupported),
            (r#"{"alg":"none","enc":"none"}"#, Unsupported),
            (r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}"#, Unsupported),
            (r#"{"alg":"ECDH-ES","enc":"A128GCM"}"#, Malformed),
            (r#"{"alg":"ECDH-ES","enc":"A128GCM","epk":"x"}"#, Malformed),
            (r#"{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-521"}}"#, Unsupported),
            ("[]", Malformed),
            ("{", Malformed),
        ];
        for (header, expected) in cases {
            assert_eq!(parsed(header), Some(expected), "{header}");
        }
        let huge = format!(r#"{{"alg":"RSA-OAEP-256","enc":"A128GCM","x":"{}"}}"#, "x".repeat(5000));
        assert_eq!(parsed(&huge), Some(Malformed));
        let megabyte = format!("{}.{}.AA.AA.AA", URL_SAFE_NO_PAD.encode(fine), "A".repeat(1 << 20));
        for bad in
            ["", "a.b.c", "....", &format!("{}.", token(fine)), &token(fine).replace("AA", "A="), &megabyte]
        {
            assert_eq!(Compact::parse(bad).err(), Some(Malformed), "{bad:.60}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*", header in ".*") {
            let _ = Compact::parse(&text);
            let _ = Compact::parse(&token(&header));
        }
    }
}
