//! A person's name: every character of GB 18030-2022, one middle dot, one space, and when two names are the same.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::normalise::{half_width, is_space};
use crate::base::Locale;

/// A name as it is kept and shown: 1 to [`PersonName::MOST_CHARACTERS`] code points.
///
/// Two are equal (`==`) when written alike; [`PersonName::matches`] compares them as a clerk would.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// Nothing but spaces.
    Empty,
    /// More than [`PersonName::MOST_CHARACTERS`] code points.
    TooLong,
    /// Control or formatting characters, which nobody can see.
    Invisible,
    /// A sign that no name has, an emoji among them.
    Sign,
    /// No letter or Chinese character at all.
    NoLetter,
    /// A middle dot at the beginning or the end.
    DotAtEdge,
}

impl PersonName {
    /// The most code points of a name.
    pub const MOST_CHARACTERS: usize = 100;
    /// The most bytes read: a hundred four-byte characters and as much again for spaces to be dropped.
    const MOST_BYTES: usize = 1024;

    /// Reads a name as typed.
    ///
    /// Letters and their marks are composed (NFC). Full-width Latin becomes half-width, every middle dot `·` (U+00B7); spaces are trimmed, dropped beside Chinese
    /// characters and dots, and single elsewhere.
    pub fn parse(raw: &str) -> Result<Self, NameProblem> {
        if raw.len() > Self::MOST_BYTES {
            return Err(NameProblem::TooLong);
        }
        let name = dotted(&composed(&spaced(raw)));
        if name.is_empty() {
            return Err(NameProblem::Empty);
        }
        if name.chars().count() > Self::MOST_CHARACTERS {
            return Err(NameProblem::TooLong);
        }
        if name.chars().any(is_invisible) {
            return Err(NameProblem::Invisible);
        }
        if name.chars().any(is_sign) {
            return Err(NameProblem::Sign);
        }
        if !name.chars().any(is_letter) {
            return Err(NameProblem::NoLetter);
        }
        if name.starts_with(DOT) || name.ends_with(DOT) {
            return Err(NameProblem::DotAtEdge);
        }
        Ok(Self(name))
    }

    /// Of a person who is on record by number alone until somebody shows a card.
    pub fn not_yet_known() -> Self {
        Self(String::new())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two names are the same: case, the shape of apostrophes, variation selectors, and the private-use code
    /// points that older systems used for characters GB 18030-2022 now maps to Unicode do not count.
    pub fn matches(&self, other: &PersonName) -> bool {
        self.comparison_key() == other.comparison_key()
    }

    /// The text equal for names that match. Personal data.
    pub fn comparison_key(&self) -> String {
        self.0
            .nfc()
            .filter(|&c| !is_variation_selector(c))
            .map(|c| if matches!(c, '’' | '‘' | 'ʼ') { '\'' } else { assigned(c) })
            .flat_map(char::to_lowercase)
            .collect()
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(•••)")
    }
}

impl NameProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            NameProblem::Empty => locale.pick("请输入姓名。", "Enter the name."),
            NameProblem::TooLong => {
                locale.pick("姓名不能超过 100 个字。", "A name can have at most 100 characters.")
            }
            NameProblem::Invisible => locale.pick(
                "姓名中含有看不见的字符，请删除后重新输入。",
                "The name contains characters that cannot be seen. Delete it and type it again.",
            ),
            NameProblem::Sign => locale.pick(
                "姓名中含有不能使用的符号，请按证件上的写法输入。",
                "The name contains a sign that names do not have. Type it as the document shows it.",
            ),
            NameProblem::NoLetter => locale.pick(
                "姓名中没有文字，请按证件上的写法输入。",
                "The name has no letters. Type it as the document shows it.",
            ),
            NameProblem::DotAtEdge => locale.pick(
                "间隔号应在名字中间，请删除开头或末尾的间隔号。",
                "A middle dot stands between two parts. Remove the one at the beginning or end.",
            ),
        }
    }
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for NameProblem {}

const DOT: char = '·';

/// Unicode's canonical composition, but for the compatibility ideographs: registries keep them apart, and a name stays as
/// its document shows it. `comparison_key` sees through them.
fn composed(raw: &str) -> String {
    let mut name = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(is_compatibility_ideograph) {
        let (before, from) = rest.split_at(at);
        name.extend(before.nfc());
        let mut characters = from.chars();
        name.extend(characters.next());
        rest = characters.as_str();
    }
    name.extend(rest.nfc());
    name
}

fn is_compatibility_ideograph(c: char) -> bool {
    matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// Half-width; spaces as a name has them; every middle dot as U+00B7 and runs of them as one.
fn spaced(raw: &str) -> String {
    let joins = |c: char| is_han(c) || c == DOT || is_variation_selector(c);
    let mut name = String::with_capacity(raw.len());
    let mut space_before = false;
    for c in raw.chars().map(|c| if is_middle_dot(c) { DOT } else { half_width(c) }) {
        if is_space(c) {
            // Invisible marks vanish; only a space that can be seen separates.
            space_before |= c.is_whitespace();
            continue;
        }
        let last = name.chars().next_back();
        if space_before && last.is_some_and(|last| !joins(last)) && !joins(c) {
            name.push(' ');
        }
        if c != DOT || last != Some(DOT) {
            name.push(c);
        }
        space_before = false;
    }
    name
}

/// A full stop between Chinese characters is a mistyped middle dot.
fn dotted(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let han = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|&c| is_han(c));
    let dot = |(at, &c): (usize, &char)| {
        if c == '.' && han(at.checked_sub(1)) && han(at.checked_add(1)) { DOT } else { c }
    };
    characters.iter().enumerate().map(dot).collect()
}

/// Everything that keyboards, fonts and other systems put for the middle dot of a name.
fn is_middle_dot(c: char) -> bool {
    matches!(
        c,
        '\u{00B7}'
            | '\u{0387}'
            | '\u{16EB}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{25CF}'
            | '\u{26AB}'
            | '\u{2E31}'
            | '\u{2E33}'
            | '\u{30FB}'
            | '\u{318D}'
            | '\u{A78F}'
            | '\u{FF65}'
            | '\u{10101}'
    )
}

/// Chinese characters: the unified blocks and all of planes 2 and 3, where each edition of Unicode adds more; the
/// private-use areas, where registries keep rare ones; and 〇.
fn is_han(c: char) -> bool {
    matches!(
        c,
        '\u{3007}' | '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
            | '\u{E000}'..='\u{F8FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}' | '\u{F0000}'..='\u{10FFFD}'
    )
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_han(c)
}

/// Controls, noncharacters, and format characters other than the spaces and marks that are gone by now.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xFFFE == 0xFFFE
        || matches!(
            c,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{2028}' | '\u{2029}'
                | '\u{2065}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}'
                | '\u{FDD0}'..='\u{FDEF}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E00FF}'
        )
}

/// ASCII signs but the few that names have, symbols and emoji.
fn is_sign(c: char) -> bool {
    let ascii = c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '.' | ',' | '(' | ')' | '/' | '`');
    ascii
        || matches!(
            c,
            '\u{00A1}'..='\u{00A9}' | '\u{00AB}'..='\u{00B1}' | '\u{00BF}' | '\u{00D7}' | '\u{00F7}'
                | '\u{2020}'..='\u{2026}' | '\u{2030}'..='\u{205E}' | '\u{20A0}'..='\u{20CF}'
                | '\u{20E3}' | '\u{2190}'..='\u{2BFF}' | '\u{3001}'..='\u{3004}' | '\u{3008}'..='\u{3020}'
                | '\u{FE0E}' | '\u{FE0F}' | '\u{FFE0}'..='\u{FFEF}' | '\u{1F000}'..='\u{1FAFF}'
        )
}

/// Ideographic variation selectors choose a glyph, never another character (UTS #37).
pub(super) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0D}' | '\u{E0100}'..='\u{E01EF}')
}

/// The Unicode character of a private-use code point that GB 18030-2000 or -2005 used in its place.
fn assigned(c: char) -> char {
    match c {
        '\u{E816}' => '\u{20087}',
        '\u{E817}' => '\u{20089}',
        '\u{E818}' => '\u{200CC}',
        '\u{E81E}' => '\u{9FB4}',
        '\u{E826}' => '\u{9FB5}',
        '\u{E82B}' => '\u{9FB6}',
        '\u{E82C}' => '\u{9FB7}',
        '\u{E831}' => '\u{215D7}',
        '\u{E832}' => '\u{9FB8}',
        '\u{E83B}' => '\u{2298F}',
        '\u{E843}' => '\u{9FB9}',
        '\u{E854}' => '\u{9FBA}',
        '\u{E855}' => '\u{241FE}',
        '\u{E864}' => '\u{9FBB}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use NameProblem as P;

    fn name(raw: &str) -> PersonName {
        PersonName::parse(raw).unwrap()
    }

    #[test]
    fn keeps_names_as_people_have_them() {
        let long = "阿".repeat(50);
        let rare = "𠮷".repeat(100);
        let cases = [
            ("张三丰", "张三丰"),
            (" 张 三\u{3000}丰 ", "张三丰"),
            ("𠮷野", "𠮷野"),
            ("𬀩", "𬀩"),
            ("㛃", "㛃"),
            ("王〇", "王〇"),
            ("\u{E863}某", "\u{E863}某"),
            ("李\u{323AF}", "李\u{323AF}"),
            ("葛\u{E0100}城", "葛\u{E0100}城"),
            ("买买提·阿不都", "买买提·阿不都"),
            ("买买提 · 阿不都", "买买提·阿不都"),
            ("买买提.阿不都", "买买提·阿不都"),
            ("买买提··阿不都", "买买提·阿不都"),
            ("买买提 ． 阿不都", "买买提·阿不都"),
            ("Ｊ．Ｓｍｉｔｈ", "J.Smith"),
            ("Jo\u{200B}hn", "John"),
            ("\u{F0123}某", "\u{F0123}某"),
            ("Ｊｏｈｎ\u{3000}\u{3000}Smith", "John Smith"),
            ("JOHN  Q.  SMITH", "JOHN Q. SMITH"),
            ("O'Brien-Núñez, María", "O'Brien-Núñez, María"),
            ("Nguyễn Văn A", "Nguyễn Văn A"),
            ("Nguye\u{302}\u{303}n Va\u{306}n A", "Nguyễn Văn A"),
            ("O'Brien-Nu\u{301}n\u{303}ez", "O'Brien-N\u{fa}\u{f1}ez"),
            ("\u{212B}sa", "\u{C5}sa"),
            ("\u{F9F1}某", "\u{F9F1}某"),
            ("\u{2F81A}某", "\u{2F81A}某"),
            ("ཚེ་རིང་", "ཚེ་རིང་"),
            ("ئەخمەت", "ئەخمەت"),
            ("ᠪᠠᠲᠤ", "ᠪᠠᠲᠤ"),
            ("\u{FEFF}李雷\u{200B}", "李雷"),
            (&long, &long),
            (&rare, &rare),
        ];
        for (raw, kept) in cases {
            assert_eq!(PersonName::parse(raw).as_ref().map(PersonName::as_str), Ok(kept), "{raw}");
        }
    }

    #[test]
    fn every_middle_dot_becomes_one() {
        for dot in "·•‧∙⋅・･．․᛫●⚫⸱⸳ㆍꞏ·𐄁.".chars() {
            assert_eq!(name(&format!("艾山{dot}吾买尔")).as_str(), "艾山·吾买尔", "{:x}", u32::from(dot));
        }
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let megabyte = "张".repeat(1 << 20);
        let too_long = "阿".repeat(101);
        let cases = [
            ("", P::Empty),
            (" \u{3000}\t", P::Empty),
            (&megabyte, P::TooLong),
            (&too_long, P::TooLong),
            ("张\u{0}三", P::Invisible),
            ("张\u{7}", P::Invisible),
            ("张\u{AD}三", P::Invisible),
            ("张\u{FFFF}三", P::Invisible),
            ("张\u{E0041}三", P::Invisible),
            ("😀", P::Sign),
            ("张😀", P::Sign),
            ("❤\u{FE0F}", P::Sign),
            ("*三丰", P::Sign),
            ("＊三丰", P::Sign),
            ("<script>", P::Sign),
            ("a@b.cn", P::Sign),
            ("张三，李四；", P::Sign),
            ("12345", P::NoLetter),
            ("１２３", P::NoLetter),
            ("-", P::NoLetter),
            ("·", P::NoLetter),
            ("·张三", P::DotAtEdge),
            ("张三•", P::DotAtEdge),
        ];
        for (raw, problem) in cases {
            assert_eq!(PersonName::parse(raw), Err(problem), "{:.40}", raw);
            assert_ne!(problem.message(Locale::ZhCn), problem.message(Locale::En));
        }
    }

    #[test]
    fn matches_as_a_clerk_would() {
        let same = [
            ("张 三", "张三"),
            ("JOHN SMITH", "Ｊohn  smith"),
            ("O’Brien", "O'BRIEN"),
            ("买买提•阿不都", "买买提・阿不都"),
            ("葛\u{E0100}城", "葛城"),
            ("王\u{E864}", "王\u{9FBB}"),
            ("王\u{E831}", "王\u{215D7}"),
            ("Va\u{306}n", "V\u{103}n"),
            ("\u{F9F1}某", "\u{96A3}某"),
            ("\u{2F81A}某", "\u{51AC}某"),
        ];
        for (left, right) in same {
            assert!(name(left).matches(&name(right)), "{left} {right}");
        }
        let different = [
            ("张三", "张山"),
            ("𠮷野", "吉野"),
            ("买买提·阿不都", "买买提阿不都"),
            ("John Smith", "Smith John"),
        ];
        for (left, right) in different {
            assert!(!name(left).matches(&name(right)), "{left} {right}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", name("张三")), "PersonName(•••)");
    }

    proptest! {
        #[test]
        fn is_idempotent_and_bounded(raw in "[\\PC]{0,30}|[张三·.・ a-z𠮷\u{3000}]{0,20}|.{0,40}") {
            if let Ok(name) = PersonName::parse(&raw) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(name.as_str().chars().count() <= PersonName::MOST_CHARACTERS);
                prop_assert!(name.matches(&name));
            }
        }

        #[test]
        fn takes_every_chinese_character(
            c in prop_oneof![
                prop::char::range('\u{3400}', '\u{4DBF}'),
                prop::char::range('\u{4E00}', '\u{9FFF}'),
                prop::char::range('\u{20000}', '\u{323AF}'),
            ]
        ) {
            let name = name(&c.to_string());
            prop_assert_eq!(name.as_str(), c.to_string());
        }
    }
}
