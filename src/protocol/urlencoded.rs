//! Names and values of `application/x-www-form-urlencoded` (RFC 6749 Appendix B), strictly decoded.

use url::form_urlencoded::byte_serialize;

/// Why a name or value cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Escape,
    #[error("the text is not UTF-8")]
    NotUtf8,
    #[error("the text holds a NUL character")]
    Nul,
}

/// One encoded name or value as text: `+` is a space, `%XX` a byte, the whole must be UTF-8.
pub fn decode(encoded: &[u8]) -> Result<String, Undecodable> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => escaped(rest.next(), rest.next()).ok_or(Undecodable::Escape)?,
            other => other,
        });
    }
    // No specification needs NUL and PostgreSQL cannot keep it: refused here, once.
    if bytes.contains(&0) {
        return Err(Undecodable::Nul);
    }
    String::from_utf8(bytes).map_err(|_| Undecodable::NotUtf8)
}

/// Percent-encodes everything but letters, digits and `*-._`; a space becomes `%20`, which a
/// fragment reader in a browser understands as well as a query reader does.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for piece in byte_serialize(text.as_bytes()) {
        encoded.push_str(if piece == "+" { "%20" } else { piece });
    }
    encoded
}

/// `name=value` pairs joined by `&`.
pub fn encode_pairs(pairs: &[(&str, &str)]) -> String {
    let mut encoded = String::new();
    for (name, value) in pairs {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        encoded.push_str(&encode(name));
        encoded.push('=');
        encoded.push_str(&encode(value));
    }
    encoded
}

fn escaped(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    let value = digit(high)? * 16 + digit(low)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes_strictly() {
        let cases: [(&[u8], Result<&str, Undecodable>); 9] = [
            (b"", Ok("")),
            (b"a+b%20c", Ok("a b c")),
            (b"%E4%B8%AD", Ok("中")),
            ("中".as_bytes(), Ok("中")),
            (b"%", Err(Undecodable::Escape)),
            (b"%4", Err(Undecodable::Escape)),
            (b"%+1", Err(Undecodable::Escape)),
            (b"%ff", Err(Undecodable::NotUtf8)),
            (b"a%00b", Err(Undecodable::Nul)),
        ];
        for (encoded, expected) in cases {
            assert_eq!(decode(encoded).as_deref(), expected.as_ref().map(|text| *text), "{encoded:?}");
        }
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(text in "[^\0]*") {
            prop_assert_eq!(decode(encode(&text).as_bytes()), Ok(text));
        }

        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
