//! Distinguished names of certificates, written and compared as text (RFC 4514; RFC 8705 §2.1.2).

use std::str::FromStr;

const MOST_CHARACTERS: usize = 2048;

/// Attribute types by name: RFC 4514 §3, and those that certificates for systems carry (RFC 4519, RFC 2985, ETSI EN 319 412-1).
const TYPES: [(&str, &str); 17] = [
    ("CN", "2.5.4.3"),
    ("SURNAME", "2.5.4.4"),
    ("SN", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("TITLE", "2.5.4.12"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("GIVENNAME", "2.5.4.42"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
];

/// A name: its relative names, the most particular first, as RFC 4514 writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<Attribute>>);

/// The dotted type and the value as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute {
    kind: String,
    value: String,
}

/// The text is no distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a distinguished name as in RFC 4514, e.g. CN=app1,O=Example,C=CN")]
pub struct NotAName;

impl DistinguishedName {
    /// From a certificate, where the most general relative name comes first; pairs of dotted type and value.
    pub fn of_certificate(relative_names: Vec<Vec<(String, String)>>) -> Self {
        let attributes = |pairs: Vec<(String, String)>| {
            sorted(
                pairs.into_iter().map(|(kind, value)| Attribute { kind, value: compared(&value) }).collect(),
            )
        };
        Self(relative_names.into_iter().rev().map(attributes).collect())
    }
}

impl FromStr for DistinguishedName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text.is_empty() || text.len() > MOST_CHARACTERS {
            return Err(NotAName);
        }
        let relative =
            |part: &str| split(part, '+').into_iter().map(attribute).collect::<Result<_, _>>().map(sorted);
        split(text, ',').into_iter().map(relative).collect::<Result<_, _>>().map(Self)
    }
}

/// The order within a relative name means nothing (X.501 §9.3).
fn sorted(mut attributes: Vec<Attribute>) -> Vec<Attribute> {
    attributes.sort();
    attributes
}

/// Cuts at a separator that is not escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begin, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if !escaped && c == separator {
            parts.push(&text[begin..at]);
            begin = at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    parts.push(&text[begin..]);
    parts
}

fn attribute(text: &str) -> Result<Attribute, NotAName> {
    let (kind, value) = text.split_once('=').ok_or(NotAName)?;
    let value = value.trim_start_matches(' ');
    let value = match value.strip_prefix('#') {
        Some(hexadecimal) => encoded(hexadecimal.trim_end())?,
        None => unescaped(value)?,
    };
    Ok(Attribute { kind: dotted(kind.trim()).ok_or(NotAName)?, value: compared(&value) })
}

fn dotted(kind: &str) -> Option<String> {
    let kind = kind.strip_prefix("OID.").or_else(|| kind.strip_prefix("oid.")).unwrap_or(kind);
    let named =
        TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, oid)| (*oid).to_owned());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    named.or_else(|| (kind.contains('.') && kind.split('.').all(is_number)).then(|| kind.to_owned()))
}

/// RFC 4514 §2.4: a backslash before a special character or before two hexadecimal digits of UTF-8.
fn unescaped(text: &str) -> Result<String, NotAName> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut kept = 0;
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high, *low)?);
                kept = bytes.len();
                tail
            }
            (b'\\', [special, tail @ ..]) if b" \"#+,;<=>\\".contains(special) => {
                bytes.push(*special);
                kept = bytes.len();
                tail
            }
            (b'\\' | b'"' | b';' | b'<' | b'>' | 0, _) => return Err(NotAName),
            (plain, tail) => {
                bytes.push(*plain);
                if *plain != b' ' {
                    kept = bytes.len();
                }
                tail
            }
        };
    }
    // Spaces at the end count only when they are escaped.
    bytes.truncate(kept);
    String::from_utf8(bytes).map_err(|_| NotAName)
}

/// RFC 4514 §2.4: `#` and the BER of the value; the string types of X.520 with a short length.
fn encoded(hexadecimal: &str) -> Result<String, NotAName> {
    let (pairs, rest) = hexadecimal.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(NotAName);
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| hex(*high, *low)).collect::<Result<_, _>>()?;
    match bytes.as_slice() {
        [0x0c | 0x13 | 0x16, length @ 0..0x80, value @ ..] if usize::from(*length) == value.len() => {
            String::from_utf8(value.to_vec()).map_err(|_| NotAName)
        }
        _ => Err(NotAName),
    }
}

fn hex(high: u8, low: u8) -> Result<u8, NotAName> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(NotAName);
    Ok(digit(high)? << 4 | digit(low)?)
}

/// RFC 4517 §4.2.11 (caseIgnoreMatch): without case, runs of spaces as one, none at the ends.
fn compared(value: &str) -> String {
    value.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> DistinguishedName {
        text.parse().unwrap()
    }

    fn certificate(pairs: &[&[(&str, &str)]]) -> DistinguishedName {
        let owned = |(kind, value): &(&str, &str)| ((*kind).to_owned(), (*value).to_owned());
        DistinguishedName::of_certificate(
            pairs.iter().map(|relative| relative.iter().map(owned).collect()).collect(),
        )
    }

    #[test]
    fn the_text_is_the_certificate_read_backwards() {
        let subject = certificate(&[
            &[("2.5.4.6", "CN")],
            &[("2.5.4.10", "市人社局, 一科")],
            &[("2.5.4.3", "App  One")],
        ]);
        for text in [
            "CN=App One,O=市人社局\\, 一科,C=CN",
            "cn = app one , o = 市人社局\\2C 一科 , c = cn",
            "2.5.4.3=App One,OID.2.5.4.10=市人社局\\, 一科,C=#1302434e",
        ] {
            assert_eq!(name(text), subject, "{text}");
        }
        for other in ["C=CN,O=市人社局\\, 一科,CN=App One", "CN=App One", "CN=AppOne,O=市人社局\\, 一科,C=CN"]
        {
            assert_ne!(name(other), subject, "{other}");
        }
        let several = certificate(&[&[("2.5.4.11", "a"), ("2.5.4.3", "b")]]);
        assert_eq!(name("CN=b+OU=a"), several);
        assert_eq!(name("OU=a+CN=b"), several);
        assert_ne!(name("OU=a,CN=b"), several);
        assert_eq!(name("CN=x\\ "), name("CN=x"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "", "app1", "CN", "=x", "XX=1", "CN=a,", "CN=a;O=b", "CN=\"a\"", "CN=a\\", "CN=\\zz", "CN=#00",
            "CN=#130", "CN=\\ff", "2..5=a",
        ] {
            assert_eq!(bad.parse::<DistinguishedName>(), Err(NotAName), "{bad}");
        }
        assert!("x".repeat(3000).parse::<DistinguishedName>().is_err());
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*", value in ".*") {
            let _ = text.parse::<DistinguishedName>();
            let _ = format!("CN={value}").parse::<DistinguishedName>();
        }
    }
}
