//! The systems as facts: what each is called, asks for and demands.

use crate::base::Locale;

/// Where the hotline's desk stands at the portal's address.
pub const HOTLINE_PATH: &str = "/hotline";

/// A sample relying system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Portal,
    Department,
    /// The desk of the hotline, at the portal's address under a path of its own.
    Hotline,
}

impl System {
    /// Begins the names of its cookies and files. Cookies are shared between ports of one host (RFC 6265 §8.5),
    /// so the names of two systems must differ.
    pub fn prefix(self) -> &'static str {
        match self {
            System::Portal => "portal",
            System::Department => "hrss",
            System::Hotline => "hotline",
        }
    }

    /// Where its pages begin at its address.
    pub fn root(self) -> &'static str {
        match self {
            System::Portal | System::Department => "",
            System::Hotline => HOTLINE_PATH,
        }
    }

    /// Asked for beside `openid`.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            System::Portal => &["profile", "phone"],
            System::Department => &["profile", "real_name"],
            System::Hotline => &["real_name"],
        }
    }

    /// The identity level below which this system lets nobody in.
    pub fn demanded_level(self) -> Option<u8> {
        match self {
            System::Portal | System::Hotline => None,
            System::Department => Some(3),
        }
    }

    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            System::Portal => locale.pick("城市政务服务门户", "City Services Portal"),
            System::Department => {
                locale.pick("市人力资源和社会保障局", "Human Resources and Social Security Bureau")
            }
            System::Hotline => locale.pick("12345 政务服务便民热线", "12345 Service Hotline"),
        }
    }

    pub fn stylesheet(self) -> &'static str {
        match self {
            System::Portal => concat!(include_str!("assets/base.css"), include_str!("assets/portal.css")),
            System::Department => {
                concat!(include_str!("assets/base.css"), include_str!("assets/department.css"))
            }
            System::Hotline => concat!(include_str!("assets/base.css"), include_str!("assets/hotline.css")),
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            System::Portal => include_str!("assets/portal.svg"),
            System::Department => include_str!("assets/department.svg"),
            System::Hotline => include_str!("assets/hotline.svg"),
        }
    }
}

/// `urn:tongyao:loa:3` of a level.
pub fn acr_of_level(level: u8) -> String {
    format!("{LEVEL_PREFIX}{level}")
}

/// The level an `acr` names; nothing when it names something else.
pub fn level_of_acr(acr: &str) -> Option<u8> {
    let digits = acr.strip_prefix(LEVEL_PREFIX)?;
    if digits.len() == 1 { digits.parse().ok() } else { None }
}

/// What a level means to people.
pub fn level_meaning(level: u8, locale: Locale) -> &'static str {
    match level {
        0 => locale.pick("自行填报", "self-asserted"),
        1 => locale.pick("信息核对一致", "details matched on record"),
        2 => locale.pick("实人核验", "live person matched"),
        3 => locale.pick("现场核验", "verified in person"),
        _ => locale.pick("未知等级", "unknown level"),
    }
}

const LEVEL_PREFIX: &str = "urn:tongyao:loa:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_levels() {
        let cases = [
            ("urn:tongyao:loa:3", Some(3)),
            ("urn:tongyao:loa:0", Some(0)),
            ("urn:tongyao:aal:3", None),
            ("urn:tongyao:loa:", None),
            ("urn:tongyao:loa:33", None),
            ("urn:tongyao:loa:+3", None),
            ("3", None),
        ];
        for (acr, level) in cases {
            assert_eq!(level_of_acr(acr), level, "{acr}");
        }
        assert_eq!(level_of_acr(&acr_of_level(2)), Some(2));
    }

    #[test]
    fn no_two_systems_share_a_cookie_name() {
        let prefixes = [System::Portal, System::Department, System::Hotline].map(System::prefix);
        let distinct: std::collections::BTreeSet<_> = prefixes.iter().collect();
        assert_eq!(distinct.len(), prefixes.len());
    }
}
