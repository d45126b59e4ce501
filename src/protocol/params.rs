//! The parameters of a request, from a query or a form body: decoded strictly, each at most once, bounded.

use std::fmt;

use super::refusal::Refusal;
use super::urlencoded::decode;

const MOST_BYTES: usize = 64 * 1024;
const MOST_PARAMETERS: usize = 64;

/// Parameters that a specification lets a client repeat (RFC 8707 §2, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of one request. `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `name=value&…`, without a leading `?`.
    pub fn parse(encoded: impl AsRef<[u8]>) -> Result<Self, Refusal> {
        let encoded = encoded.as_ref();
        if encoded.len() > MOST_BYTES {
            return Err(Refusal::RequestTooLarge);
        }
        let mut params = Self::default();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            params.add(text(name)?, text(value)?)?;
        }
        Ok(params)
    }

    /// The same rules for pairs that are already decoded (a pushed or signed request).
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Refusal> {
        let mut params = Self::default();
        let mut bytes = 0usize;
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            bytes = bytes.saturating_add(name.len()).saturating_add(value.len());
            if bytes > MOST_BYTES {
                return Err(Refusal::RequestTooLarge);
            }
            // No form decoder has looked at these (`urlencoded::decode`).
            if name.contains('\0') || value.contains('\0') {
                return Err(Refusal::RequestMalformed);
            }
            params.add(name, value)?;
        }
        Ok(params)
    }

    /// The value; a parameter sent without a value counts as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every value of a parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The same with a parameter more, unless it has a value already.
    pub fn or(mut self, name: &str, value: &str) -> Result<Self, Refusal> {
        if !self.has(name) {
            self.0.retain(|(known, _)| known != name);
            self.add(name.to_owned(), value.to_owned())?;
        }
        Ok(self)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if self.0.len() == MOST_PARAMETERS {
            return Err(Refusal::ParametersTooMany);
        }
        // RFC 6749 §3.1: a parameter must not be included more than once.
        if !REPEATABLE.contains(&name.as_str()) && self.0.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::ParameterRepeated);
        }
        self.0.push((name, value));
        Ok(())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn text(encoded: &[u8]) -> Result<String, Refusal> {
    decode(encoded).map_err(|_| Refusal::RequestMalformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_each_once() {
        let params = Params::parse("a=1&b=&c&d=x%3Dy+z&&resource=u&resource=v").unwrap();
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(params.get("b"), None);
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), Some("x=y z"));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["u", "v"]);
        assert!(!format!("{params:?}").contains("x=y"));
    }

    #[test]
    fn refuses_what_is_repeated_broken_or_too_much() {
        let many: String = (0..65).map(|n| format!("p{n}=1&")).collect();
        let cases = [
            ("a=1&a=1".to_owned(), Refusal::ParameterRepeated),
            ("a=&a=1".to_owned(), Refusal::ParameterRepeated),
            ("scope=%ff".to_owned(), Refusal::RequestMalformed),
            ("a=%zz".to_owned(), Refusal::RequestMalformed),
            (many, Refusal::ParametersTooMany),
            (format!("scope={}", "a".repeat(100_000)), Refusal::RequestTooLarge),
        ];
        for (encoded, expected) in cases {
            assert_eq!(Params::parse(&encoded), Err(expected));
        }
    }

    #[test]
    fn decoded_pairs_have_the_same_rules() {
        let read = |pairs: &[(&str, &str)]| Params::from_pairs(pairs.iter().copied());
        assert_eq!(read(&[("a", "1"), ("b", " ")]).unwrap().get("b"), Some(" "));
        assert_eq!(read(&[("a", "1"), ("a", "2")]), Err(Refusal::ParameterRepeated));
        for pair in [("a", "x\0"), ("a\0", "x")] {
            assert_eq!(read(&[pair]), Err(Refusal::RequestMalformed));
        }
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Params::parse(&bytes);
        }
    }
}
