//! What a token is kept under: the moment it was made in, which stands in the token, and the digest of the whole.
//!
//! Digests alone lie anywhere in an index: of a hundred tokens of a second each would change a page of its own, and each
//! page changed is a page written. Behind their moment they lie together, and those that end together too.

use crate::base::{Moment, Timestamp};
use crate::crypto::mac::digest;

/// Of hexadecimal digits, for milliseconds since 1970 UTC: they sort as text until the year 10889.
const MOMENT: usize = 12;
/// Of base64url characters, for 256 bits.
const SECRET: usize = 43;

/// What nobody guesses, behind the moment it was made in.
pub fn fresh(moment: &Moment) -> String {
    behind(moment.now, &moment.random.token(32))
}

/// The same for a secret that is there already.
pub fn behind(made: Timestamp, secret: &str) -> String {
    format!("{:0MOMENT$x}{secret}", made.micros().max(0) / 1000)
}

/// What a token is kept under that begins with its prefix.
pub fn of(prefix: &str, token: &str) -> String {
    key(text(prefix, token), digest(token))
}

/// What stands behind the prefix.
pub fn text<'a>(prefix: &str, token: &'a str) -> &'a str {
    token.strip_prefix(prefix).unwrap_or(token)
}

/// What `text`, which has this digest, is kept under.
pub fn key(text: &str, digest: String) -> String {
    match moment(text) {
        Some(moment) => format!("{moment}{digest}"),
        None => digest,
    }
}

/// The moment as it stands in a text that `behind` made. Tokens of builds before it have none.
pub fn moment(text: &str) -> Option<&str> {
    let moment = text.get(..MOMENT).filter(|_| text.len() == MOMENT + SECRET)?;
    moment.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::random::Seeded;

    fn made(micros: i64) -> String {
        fresh(&Moment::of_system(Timestamp::from_micros(micros), Arc::new(Seeded::new(7))))
    }

    #[test]
    fn what_was_made_later_is_kept_behind() {
        let kept: Vec<_> = [1_000, 2_000, 1_700_000_000_000_000, 1_700_000_000_001_000]
            .map(|micros| key(&made(micros), "digest".to_owned()))
            .into();
        assert!(kept.is_sorted(), "{kept:?}");
        assert_eq!(kept[0], "000000000001digest");
    }

    #[test]
    fn what_has_no_moment_is_kept_under_its_digest_alone() {
        let secret = "A".repeat(SECRET);
        let odd = [
            secret.clone(),
            String::new(),
            format!("00000000000g{secret}"),
            format!("0000000000\0\0{secret}"),
            format!("0000000000é{secret}"),
            format!("000000000001{secret}A"),
        ];
        for text in odd {
            assert_eq!(key(&text, "digest".to_owned()), "digest", "{text:?}");
        }
    }
}
