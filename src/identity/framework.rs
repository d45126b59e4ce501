//! What our levels are called elsewhere: provinces, the nation, NIST, eIDAS; a table that configuration may change.

use super::assurance::Level;

/// One framework's names for our four levels.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The word departments ask with: small letters, digits and `_`.
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    pub direction: Direction,
    /// Every grade of the framework, in its own order of counting.
    pub grades: Vec<String>,
    /// The grade for each of our levels from 0 to 3; [`NO_GRADE`] where the framework has none so low.
    pub answers: Vec<String>,
}

/// Whether a framework's higher grades mean more certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Rising,
    /// Grade 1 is the strongest.
    Inverted,
}

/// What stands where a framework has no grade for a level.
pub const NO_GRADE: &str = "-";

/// Frameworks that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frameworks(Vec<Framework>);

/// What is wrong with a framework's row, for the one who configures it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameworkProblem {
    #[error("framework `{0}`: the id must be 1 to 64 small letters, digits or `_`")]
    Id(String),
    #[error("framework `{0}` is listed twice")]
    Twice(String),
    #[error("framework `{0}`: grades must be listed once each and may not be empty or `-`")]
    Grades(String),
    #[error("framework `{0}`: give one answer for each of the levels 0 to 3")]
    Answers(String),
    #[error("framework `{id}`: level {level} answers `{answer}`, which is not among its grades")]
    UnknownGrade { id: String, level: u8, answer: String },
    #[error("framework `{0}`: a level without a grade may not stand above one with a grade")]
    Gap(String),
    #[error("framework `{id}`: level {level} is given a weaker grade than the level below it")]
    Order { id: String, level: u8 },
}

impl Frameworks {
    /// The table as it is unless configured otherwise.
    ///
    /// NIST IAL3 needs a biometric kept by the verifier (SP 800-63A); we keep none, so our highest is IAL2 there.
    pub fn standard() -> Self {
        use Direction::{Inverted, Rising};
        const LEVELS: [&str; 5] = ["一级", "二级", "三级", "四级", "五级"];
        Self(vec![
            row(
                ["zhejiang_person", "浙江（个人）", "Zhejiang, persons"],
                Rising,
                &["1", "2", "3"],
                ["1", "2", "3", "3"],
            ),
            row(
                ["zhejiang_legal", "浙江（法人）", "Zhejiang, organisations"],
                Inverted,
                &["1", "2", "3", "4"],
                ["4", "3", "2", "1"],
            ),
            row(["guangdong", "广东", "Guangdong"], Rising, &LEVELS, ["二级", "三级", "四级", "五级"]),
            row(["beijing", "北京", "Beijing"], Rising, &["L1", "L2", "L3", "L4"], ["L1", "L2", "L3", "L4"]),
            row(["shandong", "山东", "Shandong"], Rising, &["0", "1", "2", "3"], ["0", "1", "2", "3"]),
            row(
                ["national", "国家平台", "National platform"],
                Rising,
                &LEVELS[..4],
                ["-", "三级", "四级", "四级"],
            ),
            row(["nist_ial", "NIST IAL", "NIST IAL"], Rising, &["1", "2", "3"], ["-", "1", "2", "2"]),
            row(
                ["eidas", "欧盟 eIDAS", "eIDAS"],
                Rising,
                &["low", "substantial", "high"],
                ["-", "low", "substantial", "high"],
            ),
        ])
    }

    /// Checks a configured table: every framework answers for every level, and more certainty is never a weaker grade.
    pub fn checked(rows: Vec<Framework>) -> Result<Self, FrameworkProblem> {
        for (at, framework) in rows.iter().enumerate() {
            framework.check()?;
            if rows[..at].iter().any(|other| other.id == framework.id) {
                return Err(FrameworkProblem::Twice(framework.id.clone()));
            }
        }
        Ok(Self(rows))
    }

    pub fn find(&self, id: &str) -> Option<&Framework> {
        self.0.iter().find(|framework| framework.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Framework> {
        self.0.iter()
    }
}

impl Framework {
    /// What this framework calls our level; none where it has no grade so low.
    pub fn answer(&self, level: Level) -> Option<&str> {
        self.answers.get(usize::from(level.number())).map(String::as_str).filter(|answer| *answer != NO_GRADE)
    }

    /// The lowest of our levels that is enough for a grade asked for; none when it is not a grade or out of reach.
    pub fn least_level(&self, grade: &str) -> Option<Level> {
        let asked = self.strength(grade)?;
        Level::ALL.into_iter().find(|level| {
            self.answer(*level).and_then(|answer| self.strength(answer)).is_some_and(|given| given >= asked)
        })
    }

    fn check(&self) -> Result<(), FrameworkProblem> {
        let id = || self.id.clone();
        if !is_id(&self.id) {
            return Err(FrameworkProblem::Id(id()));
        }
        let repeated = |(at, grade): (usize, &String)| self.grades[..at].contains(grade);
        let empty = |grade: &String| grade.trim().is_empty() || grade == NO_GRADE;
        if self.grades.is_empty()
            || self.grades.iter().any(empty)
            || self.grades.iter().enumerate().any(repeated)
        {
            return Err(FrameworkProblem::Grades(id()));
        }
        if self.answers.len() != Level::ALL.len() {
            return Err(FrameworkProblem::Answers(id()));
        }
        self.check_order()
    }

    fn check_order(&self) -> Result<(), FrameworkProblem> {
        let mut below: Option<usize> = None;
        for level in Level::ALL {
            let Some(answer) = self.answer(level) else {
                // Level 3 without a grade would also be a framework that answers nothing.
                if below.is_some() || level == Level::InPerson {
                    return Err(FrameworkProblem::Gap(self.id.clone()));
                }
                continue;
            };
            let strength = self.strength(answer).ok_or_else(|| FrameworkProblem::UnknownGrade {
                id: self.id.clone(),
                level: level.number(),
                answer: answer.to_owned(),
            })?;
            if below.is_some_and(|below| strength < below) {
                return Err(FrameworkProblem::Order { id: self.id.clone(), level: level.number() });
            }
            below = Some(strength);
        }
        Ok(())
    }

    /// How strong a grade is among the framework's own, weakest 0.
    fn strength(&self, grade: &str) -> Option<usize> {
        let place = self.grades.iter().position(|other| other == grade)?;
        match self.direction {
            Direction::Rising => Some(place),
            Direction::Inverted => Some(self.grades.len() - 1 - place),
        }
    }
}

fn row(names: [&str; 3], direction: Direction, grades: &[&str], answers: [&str; 4]) -> Framework {
    let [id, name_zh, name_en] = names.map(str::to_owned);
    let grades = grades.iter().map(|grade| (*grade).to_owned()).collect();
    Framework { id, name_zh, name_en, direction, grades, answers: answers.map(str::to_owned).to_vec() }
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrameworkProblem as P;

    #[test]
    fn the_standard_table_passes_its_own_checks() {
        let standard = Frameworks::standard();
        assert_eq!(standard.iter().count(), 8);
        assert_eq!(Frameworks::checked(standard.iter().cloned().collect()), Ok(standard));
    }

    #[test]
    fn answers_as_the_rules_say() {
        let cases = [
            ("zhejiang_person", [Some("1"), Some("2"), Some("3"), Some("3")]),
            ("zhejiang_legal", [Some("4"), Some("3"), Some("2"), Some("1")]),
            ("guangdong", [Some("二级"), Some("三级"), Some("四级"), Some("五级")]),
            ("beijing", [Some("L1"), Some("L2"), Some("L3"), Some("L4")]),
            ("shandong", [Some("0"), Some("1"), Some("2"), Some("3")]),
            ("national", [None, Some("三级"), Some("四级"), Some("四级")]),
            ("nist_ial", [None, Some("1"), Some("2"), Some("2")]),
            ("eidas", [None, Some("low"), Some("substantial"), Some("high")]),
        ];
        let standard = Frameworks::standard();
        for (id, answers) in cases {
            let framework = standard.find(id).unwrap();
            assert_eq!(Level::ALL.map(|level| framework.answer(level)), answers, "{id}");
        }
        assert_eq!(standard.find("sichuan"), None);
    }

    #[test]
    fn finds_the_least_level_for_what_is_asked() {
        let cases = [
            ("zhejiang_person", "1", Some(0)),
            ("zhejiang_person", "3", Some(2)),
            ("zhejiang_legal", "4", Some(0)),
            ("zhejiang_legal", "1", Some(3)),
            ("guangdong", "一级", Some(0)),
            ("guangdong", "五级", Some(3)),
            ("national", "二级", Some(1)),
            ("national", "四级", Some(2)),
            ("nist_ial", "2", Some(2)),
            ("nist_ial", "3", None),
            ("eidas", "high", Some(3)),
            ("eidas", "-", None),
            ("eidas", "very high", None),
        ];
        let standard = Frameworks::standard();
        for (id, grade, number) in cases {
            let least = standard.find(id).unwrap().least_level(grade);
            assert_eq!(least.map(Level::number), number, "{id} {grade}");
        }
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let good = || row(["x", "某", "X"], Direction::Rising, &["a", "b"], ["-", "a", "b", "b"]);
        let with = |change: fn(&mut Framework)| {
            let mut framework = good();
            change(&mut framework);
            Frameworks::checked(vec![framework]).unwrap_err()
        };
        let x = || "x".to_owned();
        assert_eq!(with(|f| f.id = "X y".to_owned()), P::Id("X y".to_owned()));
        assert_eq!(with(|f| f.grades.clear()), P::Grades(x()));
        assert_eq!(with(|f| f.grades.push("a".to_owned())), P::Grades(x()));
        assert_eq!(with(|f| f.grades.push("-".to_owned())), P::Grades(x()));
        assert_eq!(with(|f| f.answers.truncate(3)), P::Answers(x()));
        assert_eq!(
            with(|f| f.answers[2] = "c".to_owned()),
            P::UnknownGrade { id: x(), level: 2, answer: "c".to_owned() }
        );
        assert_eq!(with(|f| f.answers[2] = "-".to_owned()), P::Gap(x()));
        assert_eq!(with(|f| f.answers.fill("-".to_owned())), P::Gap(x()));
        assert_eq!(with(|f| f.answers[3] = "a".to_owned()), P::Order { id: x(), level: 3 });
        assert_eq!(with(|f| f.direction = Direction::Inverted), P::Order { id: x(), level: 2 });
        assert_eq!(Frameworks::checked(vec![good(), good()]), Err(P::Twice(x())));
    }

    #[test]
    fn reads_a_configured_row() {
        let text = "id = 'x'\nname_zh = '某'\nname_en = 'X'\ndirection = 'inverted'\n\
                    grades = ['1', '2']\nanswers = ['-', '2', '1', '1']";
        let framework: Framework = toml::from_str(text).unwrap();
        assert!(Frameworks::checked(vec![framework]).is_ok());
        assert!(toml::from_str::<Framework>(&format!("{text}\nextra = 1")).is_err());
    }
}
