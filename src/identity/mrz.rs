//! The 7-3-1 check digit of machine-readable travel documents (ICAO Doc 9303 part 3 §4.9).

/// The check digit over a field of digits, capital letters and fillers `<`; `None` when another character is in it.
pub fn check_digit(field: &str) -> Option<u8> {
    let mut sum = 0u32;
    for (character, weight) in field.chars().zip([7u32, 3, 1].into_iter().cycle()) {
        // One character adds at most 35 × 7, so reducing at each step keeps the sum small for any length.
        sum = (sum + value(character)? * weight) % 10;
    }
    u8::try_from(sum).ok()
}

/// Whether `check`, as read beside the field, is the field's check digit. A filler stands for 0 on an empty field.
pub fn agrees(field: &str, check: char) -> bool {
    let empty = field.chars().all(|c| c == '<');
    let Some(expected) = check_digit(field) else { return false };
    check.to_digit(10) == Some(u32::from(expected)) || (empty && check == '<')
}

fn value(character: char) -> Option<u32> {
    match character {
        '<' => Some(0),
        '0'..='9' | 'A'..='Z' => character.to_digit(36),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn follows_the_specimens() {
        // The specimens of ICAO Doc 9303 parts 3 and 4.
        let cases = [("520727", 3), ("AB2134<<<", 5), ("L898902C3", 6), ("740812", 2), ("D23145890734", 9)];
        for (field, digit) in cases {
            assert_eq!(check_digit(field), Some(digit), "{field}");
        }
        assert_eq!(check_digit("KAZ11009012310"), Some(5));
    }

    #[test]
    fn refuses_other_characters() {
        for field in ["l898902c3", "12-34", "１２", "12 34"] {
            assert_eq!(check_digit(field), None, "{field}");
            assert!(!agrees(field, '0'));
        }
    }

    #[test]
    fn a_filler_stands_for_zero_only_on_an_empty_field() {
        assert!(agrees("<<<<", '<') && agrees("<<<<", '0'));
        assert!(!agrees("L898902C3", '<') && agrees("L898902C3", '6'));
    }

    proptest! {
        #[test]
        fn never_panics(field in any::<String>(), check in any::<char>()) {
            let _ = agrees(&field, check);
            prop_assert!(check_digit(&field).is_none_or(|digit| digit < 10));
        }
    }
}
