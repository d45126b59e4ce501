//! A check character over any even alphabet: Luhn's rule (ISO/IEC 7812-1 Annex B), with `base` in the place of ten.
//!
//! It notices every single wrong character and nearly every exchange of neighbours, and stays inside the alphabet of what
//! it checks, so that a slip shows before the database is asked.

/// The value, below `base`, that completes `values`. `base` is even and all values are below it.
pub(super) fn check_value(values: &[u8], base: u8) -> u8 {
    let base = u16::from(base);
    let sum: u16 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(place, value)| {
            let value = u16::from(*value);
            // The place beside the check character is doubled, and every second one from there.
            if place.is_multiple_of(2) { value * 2 / base + value * 2 % base } else { value }
        })
        .sum();
    u8::try_from((base - sum % base) % base).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_numbers() {
        let digits = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<_>>();
        // The example of ISO/IEC 7812-1 and a well-known test card.
        assert_eq!(check_value(&digits("7992739871"), 10), 3);
        assert_eq!(check_value(&digits("411111111111111"), 10), 1);
    }

    #[test]
    fn notices_every_single_wrong_character() {
        for base in [10u8, 32] {
            let values: Vec<u8> = (0..20).map(|place| place * 7 % base).collect();
            let check = check_value(&values, base);
            for place in 0..values.len() {
                for wrong in (0..base).filter(|wrong| *wrong != values[place]) {
                    let mut typed = values.clone();
                    typed[place] = wrong;
                    assert_ne!(check_value(&typed, base), check, "{place} {wrong} of {base}");
                }
            }
        }
    }
}
