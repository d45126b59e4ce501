//! How personal data is shown when it need not be shown in full: on pages, in logs, in errors.

use super::name::is_variation_selector;

/// A document number: first 1 and last 1, stars between (`4****************4`). The letter in brackets that older Taiwan permits
/// carry is not of the number (`6********1(*)`).
pub fn id_number(number: &str) -> String {
    match number.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((number, letter)) if letter.chars().count() == 1 && number.chars().count() > 2 => {
            format!("{}(*)", between(number, 1, 1))
        }
        _ => between(number, 1, 1),
    }
}

/// A credit code, which is public but not to be listed: first 4 and last 4.
pub fn credit_code(code: &str) -> String {
    between(code, 4, 4)
}

/// A mobile number: 3 + `****` + 4. Anything shorter than eleven characters is hidden whole.
pub fn phone(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    if characters.len() < 11 {
        return stars(characters.len());
    }
    let first: String = characters[..3].iter().collect();
    let last: String = characters[characters.len() - 4..].iter().collect();
    format!("{first}****{last}")
}

/// A name: the first character hidden (`*三丰`), with the variation selectors and accents that belong to it.
pub fn name(name: &str) -> String {
    let mut characters = name.chars();
    if characters.next().is_none() {
        return String::new();
    }
    let belongs = |c: char| is_variation_selector(c) || matches!(c, '\u{0300}'..='\u{036F}');
    format!("*{}", characters.as_str().trim_start_matches(belongs))
}

/// An e-mail address: first 3 + `***`. The domain is hidden too, and of a local part of 3 or less only 1 is shown.
pub fn email(address: &str) -> String {
    let local = address.split('@').next().unwrap_or_default();
    let shown = if local.chars().count() > 3 { 3 } else { 1 };
    local.chars().take(shown).chain("***".chars()).collect()
}

/// As many stars as characters are hidden; a text with nothing left to hide is hidden whole.
fn between(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    if count <= first + last {
        return stars(count);
    }
    text.chars().enumerate().map(|(at, c)| if at < first || at >= count - last { c } else { '*' }).collect()
}

fn stars(count: usize) -> String {
    "*".repeat(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_by_the_table() {
        type Case = (fn(&str) -> String, &'static str, &'static str);
        let cases: [Case; 25] = [
            (id_number, "440524188001010014", "4****************4"),
            (id_number, "11010519491231002X", "1****************X"),
            (id_number, "H12345678", "H*******8"),
            (id_number, "12345678(B)", "1******8(*)"),
            (id_number, "6234567801(B)", "6********1(*)"),
            (id_number, "(B)", "(*)"),
            (id_number, "()", "**"),
            (id_number, "AB", "**"),
            (id_number, "A", "*"),
            (id_number, "", ""),
            (credit_code, "91350100M000100Y43", "9135**********0Y43"),
            (credit_code, "9135", "****"),
            (phone, "13800001234", "138****1234"),
            (phone, "+8613800001234", "+86****1234"),
            (phone, "10086", "*****"),
            (phone, "", ""),
            (name, "张三丰", "*三丰"),
            (name, "𠮷野", "*野"),
            (name, "葛\u{E0100}城", "*城"),
            (name, "王", "*"),
            (name, "John Smith", "*ohn Smith"),
            (name, "", ""),
            (email, "citizen@example.cn", "cit***"),
            (email, "abc@example.cn", "a***"),
            (email, "", "***"),
        ];
        for (mask, text, masked) in cases {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_never_shows_all(text in any::<String>()) {
            for mask in [id_number, credit_code, phone, name, email] {
                let masked = mask(&text);
                prop_assert!(text.is_empty() || masked.contains('*'));
            }
        }
    }
}
