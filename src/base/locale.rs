//! The two languages of every page.

/// A language the service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    #[default]
    ZhCn,
    En,
}

impl Locale {
    pub const ALL: [Locale; 2] = [Locale::ZhCn, Locale::En];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::ZhCn => "zh-CN",
            Locale::En => "en",
        }
    }

    /// The language of one BCP 47 tag, by its primary subtag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Locale::ZhCn)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Locale::En)
        } else {
            None
        }
    }

    /// The first we speak of a space-separated list in order of preference (`ui_locales`, OIDC Core §3.1.2.1).
    pub fn of_ui_locales(list: &str) -> Option<Self> {
        list.split(' ').find_map(Self::of_tag)
    }

    /// The best we speak of an `Accept-Language` header (RFC 9110 §12.5.4).
    pub fn of_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Locale)> = None;
        for item in header.split(',').take(32) {
            let mut parts = item.split(';');
            let Some(locale) = Self::of_tag(parts.next().unwrap_or_default().trim()) else { continue };
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .and_then(|q| q.parse::<f32>().ok())
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(q, _)| quality > q) {
                best = Some((quality, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// One of two texts.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Locale::ZhCn => zh,
            Locale::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_by_quality_then_order() {
        let cases = [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Locale::ZhCn)),
            ("en-GB", Some(Locale::En)),
            ("fr, en;q=0.4, zh;q=0.5", Some(Locale::ZhCn)),
            ("de", None),
            ("en;q=0, zh;q=0.1", Some(Locale::ZhCn)),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(Locale::of_accept_language(header), expected, "{header}");
        }
    }
}
