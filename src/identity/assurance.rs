//! How sure we are of a person: a level computed from evidence by one table of rules, at the moment it is asked for.

use std::fmt;

use super::evidence::{CheckMethod, Evidence, EvidenceKind};
use crate::base::Timestamp;

/// A level of assurance, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Level {
    /// 0: phone or login name only.
    #[default]
    SelfAsserted,
    /// 1: name and number agreed with the registry.
    DataMatched,
    /// 2: a live face or a bank agreed.
    RealPerson,
    /// 3: seen at a window with the document, or a qualified certificate.
    InPerson,
}

/// The level at one moment and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assurance {
    pub level: Level,
    /// When the evidence it rests on was gathered; none at level 0 without evidence.
    pub reached_at: Option<Timestamp>,
    /// The evidence it rests on, as an index into what was given: the newest that gives this level.
    pub by: Option<usize>,
    /// The first moment this level is lost unless something changes; none: it does not run out.
    pub lapses_at: Option<Timestamp>,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::SelfAsserted, Level::DataMatched, Level::RealPerson, Level::InPerson];

    /// 0 to 3.
    pub const fn number(self) -> u8 {
        self as u8
    }

    pub fn of_number(number: u8) -> Option<Level> {
        Level::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// The highest level that evidence counting at `now` gives.
pub fn level(evidence: &[Evidence], now: Timestamp) -> Assurance {
    let counting = || {
        evidence
            .iter()
            .enumerate()
            .filter(|(_, one)| one.counts(now))
            .map(|(at, one)| (at, one, level_of(one)))
    };
    let level = counting().map(|(_, _, level)| level).max().unwrap_or_default();
    let giving = || counting().filter(|(_, _, given)| *given == level);
    let newest = giving().max_by_key(|(_, one, _)| one.at);
    Assurance {
        level,
        reached_at: newest.map(|(_, one, _)| one.at),
        by: newest.map(|(at, _, _)| at),
        lapses_at: lapse(level, giving().map(|(_, one, _)| one)),
    }
}

/// The level that one piece of evidence gives while it counts: the highest of the rules it meets.
pub fn level_of(evidence: &Evidence) -> Level {
    RULES
        .iter()
        .filter(|rule| rule.kind == evidence.kind)
        .filter(|rule| rule.checks.iter().all(|any| any.iter().any(|method| evidence.has(*method))))
        .map(|rule| rule.level)
        .max()
        .unwrap_or_default()
}

/// One way to a level: evidence of this kind with at least one method of each group.
struct Rule {
    kind: EvidenceKind,
    checks: &'static [&'static [CheckMethod]],
    level: Level,
}

const fn rule(kind: EvidenceKind, checks: &'static [&'static [CheckMethod]], level: Level) -> Rule {
    Rule { kind, checks, level }
}

const DOCUMENT: &[CheckMethod] = &[CheckMethod::Vpip, CheckMethod::Vcrypt];
const HOLDER: &[CheckMethod] = &[CheckMethod::Pvp, CheckMethod::Bvp];

/// A document seen at the window without its holder compared says no more than the registry does; a witness alone
/// gives nothing.
const RULES: [Rule; 9] = [
    rule(EvidenceKind::SelfAsserted, &[], Level::SelfAsserted),
    rule(EvidenceKind::Imported, &[], Level::SelfAsserted),
    rule(EvidenceKind::Imported, &[&[CheckMethod::Data]], Level::DataMatched),
    rule(EvidenceKind::RegistryMatch, &[], Level::DataMatched),
    rule(EvidenceKind::FaceMatch, &[], Level::RealPerson),
    rule(EvidenceKind::BankCard, &[], Level::RealPerson),
    rule(EvidenceKind::WindowVerification, &[DOCUMENT], Level::DataMatched),
    rule(EvidenceKind::WindowVerification, &[DOCUMENT, HOLDER], Level::InPerson),
    rule(EvidenceKind::QualifiedCertificate, &[], Level::InPerson),
];

/// Level 0 cannot be lost; another lasts as long as the longest evidence for it, or until a revocation known to come.
fn lapse<'a>(level: Level, giving: impl Iterator<Item = &'a Evidence>) -> Option<Timestamp> {
    if level == Level::SelfAsserted {
        return None;
    }
    let mut last = None;
    for evidence in giving {
        let end = evidence.valid_until.into_iter().chain(evidence.revoked_at).min()?;
        last = last.max(Some(end));
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use CheckMethod as M;
    use EvidenceKind as K;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn evidence(kind: K, methods: &[M], gathered: i64) -> Evidence {
        Evidence { kind, methods: methods.to_vec(), at: at(gathered), valid_until: None, revoked_at: None }
    }

    fn until(end: i64, evidence: Evidence) -> Evidence {
        Evidence { valid_until: Some(at(end)), ..evidence }
    }

    fn revoked(when: i64, evidence: Evidence) -> Evidence {
        Evidence { revoked_at: Some(at(when)), ..evidence }
    }

    #[test]
    fn each_kind_gives_its_level() {
        let cases: [(K, &[M], u8); 17] = [
            (K::SelfAsserted, &[], 0),
            (K::SelfAsserted, &M::ALL, 0),
            (K::Imported, &[], 0),
            (K::Imported, &[M::Data], 1),
            (K::RegistryMatch, &[M::Data], 1),
            (K::RegistryMatch, &M::ALL, 1),
            (K::FaceMatch, &[M::Bvp], 2),
            (K::BankCard, &[M::Data], 2),
            (K::WindowVerification, &[], 0),
            (K::WindowVerification, &[M::Vouch], 0),
            (K::WindowVerification, &[M::Pvp], 0),
            (K::WindowVerification, &[M::Vpip], 1),
            (K::WindowVerification, &[M::Vcrypt, M::Data], 1),
            (K::WindowVerification, &[M::Vpip, M::Pvp], 3),
            (K::WindowVerification, &[M::Vcrypt, M::Bvp], 3),
            (K::WindowVerification, &[M::Vpip, M::Vcrypt, M::Pvp, M::Data], 3),
            (K::QualifiedCertificate, &[], 3),
        ];
        for (kind, methods, number) in cases {
            assert_eq!(level_of(&evidence(kind, methods, 0)).number(), number, "{kind} {methods:?}");
        }
    }

    #[test]
    fn takes_the_highest_that_counts_now() {
        let registry = || evidence(K::RegistryMatch, &[M::Data], 10);
        let face = || evidence(K::FaceMatch, &[M::Bvp], 20);
        let window = || evidence(K::WindowVerification, &[M::Vpip, M::Pvp], 30);
        let cases = [
            (vec![], (0, None, None)),
            (vec![registry()], (1, Some(0), Some(10))),
            (vec![registry(), face()], (2, Some(1), Some(20))),
            (vec![window(), registry(), face()], (3, Some(0), Some(30))),
            (vec![registry(), until(100, window())], (1, Some(0), Some(10))),
            (vec![registry(), until(101, window())], (3, Some(1), Some(30))),
            (vec![registry(), face(), revoked(50, window())], (2, Some(1), Some(20))),
            (vec![registry(), revoked(101, window())], (3, Some(1), Some(30))),
            (vec![revoked(50, registry())], (0, None, None)),
            (vec![face(), evidence(K::BankCard, &[M::Data], 40)], (2, Some(1), Some(40))),
        ];
        for (evidence, (number, by, reached)) in cases {
            let assurance = level(&evidence, at(100));
            assert_eq!(
                (assurance.level.number(), assurance.by, assurance.reached_at),
                (number, by, reached.map(at)),
                "{evidence:?}"
            );
        }
    }

    #[test]
    fn says_when_the_level_lapses() {
        let face = || evidence(K::FaceMatch, &[M::Bvp], 20);
        let cases = [
            (vec![], None),
            (vec![until(200, evidence(K::SelfAsserted, &[], 1))], None),
            (vec![face()], None),
            (vec![until(200, face())], Some(200)),
            (vec![until(200, face()), until(300, face())], Some(300)),
            (vec![until(200, face()), face()], None),
            (vec![until(300, revoked(250, face()))], Some(250)),
            (vec![until(200, face()), evidence(K::RegistryMatch, &[], 1)], Some(200)),
        ];
        for (evidence, lapses) in cases {
            assert_eq!(level(&evidence, at(100)).lapses_at, lapses.map(at), "{evidence:?}");
        }
    }

    #[test]
    fn numbers_read_back_in_order() {
        for level in Level::ALL {
            assert_eq!(Level::of_number(level.number()), Some(level));
            assert_eq!(level.to_string(), level.number().to_string());
        }
        assert_eq!(Level::of_number(4), None);
        assert!(Level::ALL.is_sorted());
    }

    fn any_evidence() -> impl Strategy<Value = Evidence> {
        (
            prop::sample::select(K::ALL.to_vec()),
            prop::sample::subsequence(M::ALL.to_vec(), 0..=6),
            0i64..100,
            prop::option::of(50i64..150),
            prop::option::of(50i64..150),
        )
            .prop_map(|(kind, methods, gathered, valid_until, revoked_at)| Evidence {
                kind,
                methods,
                at: at(gathered),
                valid_until: valid_until.map(at),
                revoked_at: revoked_at.map(at),
            })
    }

    proptest! {
        #[test]
        fn more_evidence_never_lowers_the_level(
            some in prop::collection::vec(any_evidence(), 0..6),
            more in any_evidence(),
        ) {
            let before = level(&some, at(100)).level;
            let mut all = some;
            all.push(more);
            prop_assert!(level(&all, at(100)).level >= before);
        }

        #[test]
        fn the_level_holds_until_it_lapses(all in prop::collection::vec(any_evidence(), 0..6)) {
            let now = level(&all, at(100));
            if let Some(lapse) = now.lapses_at {
                let just_before = Timestamp::from_micros(lapse.micros() - 1);
                prop_assert_eq!(level(&all, just_before).level, now.level);
                prop_assert!(level(&all, lapse).level < now.level);
            }
        }
    }
}
