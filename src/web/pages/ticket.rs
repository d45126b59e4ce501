//! The code of a visit as the citizen carries it, and the halls to carry it to.

use crate::base::Locale;

/// The code of an open visit.
#[derive(Debug, Clone, Default)]
pub struct Ticket {
    /// 17 digits without spaces: 16 and the check digit.
    pub code: String,
    /// Markup of `web::qr::svg`.
    pub qr_svg: String,
    /// For people: `2026-12-07 10:05`.
    pub valid_until: String,
}

impl Ticket {
    /// The code in groups of four, the check digit on its own.
    pub fn groups(&self) -> Vec<&str> {
        groups_of_four(&self.code)
    }
}

/// A hall one can go to.
#[derive(Debug, Clone, Default)]
pub struct HallPlace {
    pub name: String,
    pub windows: Vec<String>,
    pub locale: Locale,
}

impl HallPlace {
    pub(super) fn windows_line(&self) -> String {
        self.windows.join(self.locale.pick("、", ", "))
    }
}

/// A code as people read it aloud; `code` holds letters and digits only.
pub(super) fn groups_of_four(code: &str) -> Vec<&str> {
    let mut rest = code;
    let mut groups = Vec::new();
    while let Some((at, _)) = rest.char_indices().nth(4) {
        let (group, left) = rest.split_at(at);
        groups.push(group);
        rest = left;
    }
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_by_four_from_the_left() {
        assert_eq!(groups_of_four("12345678901234567"), ["1234", "5678", "9012", "3456", "7"]);
        assert_eq!(groups_of_four("ABCD"), ["ABCD"]);
        assert_eq!(groups_of_four(""), Vec::<&str>::new());
    }
}
