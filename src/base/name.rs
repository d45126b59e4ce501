//! A name that people read: as the city writes it, and in English where it has one.

use super::Locale;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    own: String,
    english: Option<String>,
}

impl Name {
    pub fn new(own: impl Into<String>, english: Option<String>) -> Self {
        Self { own: own.into(), english }
    }

    /// As the city writes it: what stands in documents and records.
    pub fn own(&self) -> &str {
        &self.own
    }

    pub fn english(&self) -> Option<&str> {
        self.english.as_deref()
    }

    /// For a page in this language.
    pub fn in_language(&self, locale: Locale) -> &str {
        match (locale, &self.english) {
            (Locale::En, Some(english)) => english,
            _ => &self.own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_serves_everybody_where_there_is_no_other() {
        let both = Name::new("市民之家", Some("Citizens' Home".to_owned()));
        let one = Name::new("市民之家", None);
        assert_eq!(
            (both.in_language(Locale::ZhCn), both.in_language(Locale::En)),
            ("市民之家", "Citizens' Home")
        );
        assert_eq!((one.in_language(Locale::ZhCn), one.in_language(Locale::En)), ("市民之家", "市民之家"));
    }
}
