//! The trust frameworks we answer in, and the grade each gives to a level.

use crate::identity::{Frameworks, Level};
use crate::protocol::Acr;

/// Our own framework; its grades are the values of `acr`.
pub const OURS: &str = "tongyao";

/// Frameworks of the nation and the provinces whose grades the same evidence gives. Others of the table only compare:
/// to name eIDAS or NIST as the framework of a verification would claim an assessment that nobody made.
const OF_OTHERS: [&str; 5] = ["national", "guangdong", "zhejiang_person", "beijing", "shandong"];

/// Every framework, for discovery; ours is what is told to who asks for none.
pub fn supported() -> impl Iterator<Item = &'static str> {
    std::iter::once(OURS).chain(OF_OTHERS)
}

/// The frameworks to try, in the client's order.
pub(super) fn asked(values: Option<Vec<&str>>) -> Vec<String> {
    match values {
        None => vec![OURS.to_owned()],
        Some(values) => {
            let mut known: Vec<String> = Vec::new();
            for value in supported().filter(|one| values.contains(one)) {
                known.push(value.to_owned());
            }
            known.sort_by_key(|one| values.iter().position(|value| value == one));
            known
        }
    }
}

/// The grades that a level has reached, the highest first, each once.
pub(super) fn grades(framework: &str, level: Level) -> Vec<String> {
    let standard = Frameworks::standard();
    let reached = Level::ALL.into_iter().rev().filter(|one| *one <= level && *one > Level::SelfAsserted);
    let grade = |level: Level| match framework {
        OURS => Some(Acr::Loa(level.number()).to_string()),
        other => standard.find(other)?.answer(level).map(str::to_owned),
    };
    let mut grades: Vec<String> = reached.filter_map(grade).collect();
    grades.dedup();
    grades
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_framework_has_a_grade_for_every_verified_level() {
        for framework in supported() {
            assert!(!grades(framework, Level::DataMatched).is_empty(), "{framework}");
            assert!(grades(framework, Level::SelfAsserted).is_empty(), "{framework}");
        }
        assert_eq!(grades(OURS, Level::RealPerson), ["urn:tongyao:loa:2", "urn:tongyao:loa:1"]);
        assert_eq!(grades("national", Level::InPerson), ["四级", "三级"]);
    }

    #[test]
    fn the_clients_order_counts() {
        assert_eq!(asked(None), [OURS]);
        assert_eq!(asked(Some(vec!["gold", "national", OURS])), ["national", OURS]);
        assert!(asked(Some(vec!["eidas", "nist_ial"])).is_empty());
    }
}
