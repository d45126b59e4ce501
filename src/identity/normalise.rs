//! How typed text becomes comparable: full-width to half-width, spaces away, letters large, and never without bound.

/// The most bytes any number may have as typed, spaces and full-width forms included.
pub const NUMBER_MOST_BYTES: usize = 256;

/// The text is longer than anything of its kind can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long")]
pub struct TooLong;

/// A number as it is compared: half-width, no spaces, ASCII letters large (so the check character `x` is `X`).
///
/// Other characters stay as they are, for the rule of the kind to refuse. At most [`NUMBER_MOST_BYTES`] are read.
pub fn number(raw: &str) -> Result<String, TooLong> {
    if raw.len() > NUMBER_MOST_BYTES {
        return Err(TooLong);
    }
    Ok(raw.chars().filter(|&c| !is_space(c)).map(half_width).map(|c| c.to_ascii_uppercase()).collect())
}

/// The half-width form of a full-width character (U+FF01-U+FF5E, U+3000); every other character as it is.
pub fn half_width(c: char) -> char {
    const OFFSET: u32 = 0xFF01 - 0x21;
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - OFFSET).unwrap_or(c),
        _ => c,
    }
}

/// A space of any width, or one of the invisible marks that copying from office programs brings along.
pub fn is_space(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn makes_numbers_comparable() {
        let cases = [
            ("11010519491231002x", "11010519491231002X"),
            ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
            ("１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
            (" 110105 19491231\t002x\n", "11010519491231002X"),
            ("110105\u{3000}19491231\u{00A0}002X", "11010519491231002X"),
            ("\u{FEFF}110105\u{200B}19491231\u{202D}002X\u{202C}", "11010519491231002X"),
            ("h01234567（０１）", "H01234567(01)"),
            ("", ""),
            (" \u{3000}\u{2003}", ""),
            ("１２٣", "12٣"),
        ];
        for (raw, expected) in cases {
            assert_eq!(number(raw).as_deref(), Ok(expected), "{raw:?}");
        }
    }

    #[test]
    fn refuses_a_megabyte() {
        assert_eq!(number(&"1".repeat(1 << 20)), Err(TooLong));
        assert_eq!(number(&" ".repeat(NUMBER_MOST_BYTES + 1)), Err(TooLong));
        assert_eq!(number(&" ".repeat(NUMBER_MOST_BYTES)).as_deref(), Ok(""));
    }

    proptest! {
        #[test]
        fn is_idempotent(raw in "\\PC{0,40}") {
            if let Ok(once) = number(&raw) {
                prop_assert_eq!(number(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn leaves_no_space_and_no_small_letter(raw in any::<String>()) {
            if let Ok(text) = number(&raw) {
                prop_assert!(!text.chars().any(|c| is_space(c) || c.is_ascii_lowercase()));
            }
        }
    }
}
