//! Evidence: what was seen, by which checks, when, until when. Levels are computed from it and never stored.

use std::fmt;
use std::str::FromStr;

use crate::base::Timestamp;

/// Where the knowledge about a person comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// The person said so.
    SelfAsserted,
    /// Name and number agreed with the population registry.
    RegistryMatch,
    /// A live face agreed with the registry's photograph.
    FaceMatch,
    /// A bank confirmed name, number, card and phone.
    BankCard,
    /// Staff saw the person and the document at a window.
    WindowVerification,
    /// A qualified certificate or an electronic business licence (电子营业执照) signed.
    QualifiedCertificate,
    /// Loaded from the records of a hall.
    Imported,
}

/// How one check was done: the `check_method` words of OpenID Connect for Identity Assurance 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckMethod {
    /// The document was examined in person.
    Vpip,
    /// Its chip was read and its signature checked.
    Vcrypt,
    /// Staff compared the person with the document.
    Pvp,
    /// A device compared the person with the document.
    Bvp,
    /// A registry's records agreed.
    Data,
    /// A witness vouched.
    Vouch,
}

/// One piece of evidence, as far as levels depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub methods: Vec<CheckMethod>,
    /// When it was gathered.
    pub at: Timestamp,
    /// The first moment it no longer counts; `None`: it does not run out.
    pub valid_until: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// The word names no kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of evidence")]
pub struct NotAnEvidenceKind;

/// The word names no check method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a check method")]
pub struct NotACheckMethod;

impl Evidence {
    /// Whether it counts at `now`: not run out, not taken back.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until) && self.revoked_at.is_none_or(|at| now < at)
    }

    pub fn has(&self, method: CheckMethod) -> bool {
        self.methods.contains(&method)
    }
}

impl EvidenceKind {
    pub const ALL: [EvidenceKind; 7] = [
        EvidenceKind::SelfAsserted,
        EvidenceKind::RegistryMatch,
        EvidenceKind::FaceMatch,
        EvidenceKind::BankCard,
        EvidenceKind::WindowVerification,
        EvidenceKind::QualifiedCertificate,
        EvidenceKind::Imported,
    ];

    /// The word in the database and in audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::SelfAsserted => "self_asserted",
            EvidenceKind::RegistryMatch => "registry_match",
            EvidenceKind::FaceMatch => "face_match",
            EvidenceKind::BankCard => "bank_card",
            EvidenceKind::WindowVerification => "window_verification",
            EvidenceKind::QualifiedCertificate => "qualified_certificate",
            EvidenceKind::Imported => "imported",
        }
    }
}

impl CheckMethod {
    pub const ALL: [CheckMethod; 6] = [
        CheckMethod::Vpip,
        CheckMethod::Vcrypt,
        CheckMethod::Pvp,
        CheckMethod::Bvp,
        CheckMethod::Data,
        CheckMethod::Vouch,
    ];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            CheckMethod::Vpip => "vpip",
            CheckMethod::Vcrypt => "vcrypt",
            CheckMethod::Pvp => "pvp",
            CheckMethod::Bvp => "bvp",
            CheckMethod::Data => "data",
            CheckMethod::Vouch => "vouch",
        }
    }

    /// Several methods as one column: words with a space between.
    pub fn print_list(methods: &[CheckMethod]) -> String {
        methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`CheckMethod::print_list`] wrote; the empty text is no method.
    pub fn parse_list(text: &str) -> Result<Vec<CheckMethod>, NotACheckMethod> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

impl FromStr for EvidenceKind {
    type Err = NotAnEvidenceKind;

    fn from_str(word: &str) -> Result<Self, NotAnEvidenceKind> {
        EvidenceKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(NotAnEvidenceKind)
    }
}

impl FromStr for CheckMethod {
    type Err = NotACheckMethod;

    fn from_str(word: &str) -> Result<Self, NotACheckMethod> {
        CheckMethod::ALL.into_iter().find(|method| method.as_str() == word).ok_or(NotACheckMethod)
    }
}

impl fmt::Display for EvidenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for CheckMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for kind in EvidenceKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for method in CheckMethod::ALL {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        assert_eq!("VPIP".parse::<CheckMethod>(), Err(NotACheckMethod));
        assert_eq!("face".parse::<EvidenceKind>(), Err(NotAnEvidenceKind));
    }

    #[test]
    fn lists_read_back() {
        for methods in [vec![], vec![CheckMethod::Data], CheckMethod::ALL.to_vec()] {
            assert_eq!(CheckMethod::parse_list(&CheckMethod::print_list(&methods)), Ok(methods));
        }
        assert_eq!(CheckMethod::parse_list("vpip none"), Err(NotACheckMethod));
    }

    #[test]
    fn counts_until_its_end() {
        let at = Timestamp::from_seconds;
        let evidence = |valid_until: Option<i64>, revoked_at: Option<i64>| Evidence {
            kind: EvidenceKind::FaceMatch,
            methods: vec![CheckMethod::Bvp],
            at: at(100),
            valid_until: valid_until.map(at),
            revoked_at: revoked_at.map(at),
        };
        let cases = [
            (evidence(None, None), true),
            (evidence(Some(201), None), true),
            (evidence(Some(200), None), false),
            (evidence(None, Some(201)), true),
            (evidence(None, Some(200)), false),
            (evidence(Some(300), Some(150)), false),
        ];
        for (evidence, counts) in cases {
            assert_eq!(evidence.counts(at(200)), counts, "{evidence:?}");
        }
    }
}
