//! What a person may do for an enterprise: legal representative, administrator, or agent for some matters and a time.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::base::{Locale, Timestamp};

/// A person's part in an enterprise, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EnterpriseRole {
    /// 法定代表人.
    LegalRepresentative,
    /// 管理员.
    Administrator,
    /// 经办人.
    Agent,
}

/// One kind of business an agent may do, such as `tax`: 1 to 64 letters of any script, digits, `_`, `-`, `.`, `:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Matter(String);

/// What a role extends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matters {
    All,
    These(BTreeSet<Matter>),
}

/// One person's role in one enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub role: EnterpriseRole,
    pub matters: Matters,
    pub from: Timestamp,
    /// The first moment it no longer holds.
    pub until: Option<Timestamp>,
    /// When the person accepted; roles from the enterprise registry need no acceptance.
    pub confirmed_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Where a delegation stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Waiting for the person to accept.
    Unconfirmed,
    /// Accepted, but its time has not come.
    NotYet,
    Active,
    /// Its time is over.
    Ended,
    Revoked,
}

/// Why a role cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleProblem {
    /// Five administrators hold or await the role already.
    TooManyAdministrators,
    /// An enterprise has one legal representative.
    SecondLegalRepresentative,
    /// The one who gives it has no right to.
    NotYours,
    /// An agent needs at least one matter.
    NoMatter,
    /// An agent needs an end.
    NoEnd,
    /// The end is not after the beginning.
    EndBeforeBeginning,
}

/// The word is no matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a matter")]
pub struct NotAMatter;

/// The word names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role in an enterprise")]
pub struct NotARole;

impl Delegation {
    /// The legal representative, as the enterprise registry names them.
    pub fn legal_representative(from: Timestamp) -> Self {
        Self::new(EnterpriseRole::LegalRepresentative, Matters::All, from).confirmed(from)
    }

    /// An administrator, who still has to accept.
    pub fn administrator(from: Timestamp) -> Self {
        Self::new(EnterpriseRole::Administrator, Matters::All, from)
    }

    /// An agent, who still has to accept: for these matters, from one moment to another.
    pub fn agent(
        matters: BTreeSet<Matter>,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Self, RoleProblem> {
        if matters.is_empty() {
            return Err(RoleProblem::NoMatter);
        }
        let end = until.ok_or(RoleProblem::NoEnd)?;
        if end <= from {
            return Err(RoleProblem::EndBeforeBeginning);
        }
        Ok(Self { until, ..Self::new(EnterpriseRole::Agent, Matters::These(matters), from) })
    }

    /// The same, accepted by the person at `at`.
    pub fn confirmed(self, at: Timestamp) -> Self {
        Self { confirmed_at: Some(at), ..self }
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.revoked_at.is_some_and(|at| at <= now) {
            Standing::Revoked
        } else if self.until.is_some_and(|until| until <= now) {
            Standing::Ended
        } else if self.confirmed_at.is_none_or(|at| now < at) {
            Standing::Unconfirmed
        } else if now < self.from {
            Standing::NotYet
        } else {
            Standing::Active
        }
    }

    /// Whether the person may do this matter for the enterprise at `now`.
    pub fn allows(&self, matter: &Matter, now: Timestamp) -> bool {
        let covered = match &self.matters {
            Matters::All => true,
            Matters::These(matters) => matters.contains(matter),
        };
        covered && self.standing(now) == Standing::Active
    }

    fn new(role: EnterpriseRole, matters: Matters, from: Timestamp) -> Self {
        Self { role, matters, from, until: None, confirmed_at: None, revoked_at: None }
    }

    /// Whether it holds or will hold a place among the roles of the enterprise.
    fn takes_a_place(&self, now: Timestamp) -> bool {
        !matches!(self.standing(now), Standing::Ended | Standing::Revoked)
    }
}

/// The most administrators of one enterprise, those who have not yet accepted included.
pub const ADMINISTRATORS_AT_MOST: usize = 5;

/// The delegation of one person in one enterprise to act by at `now`: the strongest active one, whatever the matter.
pub fn active(delegations: &[Delegation], now: Timestamp) -> Option<&Delegation> {
    delegations.iter().filter(|one| one.standing(now) == Standing::Active).min_by_key(|one| one.role)
}

/// The same for one matter.
pub fn active_for<'a>(
    delegations: &'a [Delegation],
    matter: &Matter,
    now: Timestamp,
) -> Option<&'a Delegation> {
    delegations.iter().filter(|one| one.allows(matter, now)).min_by_key(|one| one.role)
}

/// Whether the enterprise, with all its delegations, has a place for one more of a role.
pub fn has_place_for(
    role: EnterpriseRole,
    delegations: &[Delegation],
    now: Timestamp,
) -> Result<(), RoleProblem> {
    let taken = delegations.iter().filter(|one| one.role == role && one.takes_a_place(now)).count();
    match role {
        EnterpriseRole::LegalRepresentative if taken >= 1 => Err(RoleProblem::SecondLegalRepresentative),
        EnterpriseRole::Administrator if taken >= ADMINISTRATORS_AT_MOST => {
            Err(RoleProblem::TooManyAdministrators)
        }
        _ => Ok(()),
    }
}

/// Whether the holder of one role may give another: the legal representative comes from the registry only, names
/// administrators and agents; administrators name agents.
pub fn may_give(giver: EnterpriseRole, given: EnterpriseRole) -> Result<(), RoleProblem> {
    use EnterpriseRole::{Administrator, Agent, LegalRepresentative};
    match (giver, given) {
        (LegalRepresentative, Administrator | Agent) | (Administrator, Agent) => Ok(()),
        _ => Err(RoleProblem::NotYours),
    }
}

impl EnterpriseRole {
    pub const ALL: [EnterpriseRole; 3] =
        [EnterpriseRole::LegalRepresentative, EnterpriseRole::Administrator, EnterpriseRole::Agent];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            EnterpriseRole::LegalRepresentative => "legal_representative",
            EnterpriseRole::Administrator => "administrator",
            EnterpriseRole::Agent => "agent",
        }
    }

    /// What people call it.
    pub fn label(self, locale: Locale) -> &'static str {
        match self {
            EnterpriseRole::LegalRepresentative => locale.pick("法定代表人", "Legal representative"),
            EnterpriseRole::Administrator => locale.pick("管理员", "Administrator"),
            EnterpriseRole::Agent => locale.pick("经办人", "Agent"),
        }
    }
}

impl FromStr for EnterpriseRole {
    type Err = NotARole;

    fn from_str(word: &str) -> Result<Self, NotARole> {
        EnterpriseRole::ALL.into_iter().find(|role| role.as_str() == word).ok_or(NotARole)
    }
}

impl fmt::Display for EnterpriseRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Matter {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Matter {
    type Err = NotAMatter;

    fn from_str(text: &str) -> Result<Self, NotAMatter> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        let good = text.len() <= 256 && (1..=64).contains(&text.chars().count()) && text.chars().all(fits);
        if good { Ok(Self(text.to_owned())) } else { Err(NotAMatter) }
    }
}

impl RoleProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            RoleProblem::TooManyAdministrators => locale.pick(
                "管理员最多 5 名，请先撤销一名。",
                "There are five administrators already. Remove one first.",
            ),
            RoleProblem::SecondLegalRepresentative => locale.pick(
                "法定代表人只有一名，变更以登记机关的信息为准。",
                "There is one legal representative. A change follows the enterprise registry.",
            ),
            RoleProblem::NotYours => locale.pick(
                "您的身份不能授予这个角色，请由法定代表人或管理员办理。",
                "Your role cannot give this one. Ask the legal representative or an administrator.",
            ),
            RoleProblem::NoMatter => {
                locale.pick("请至少选择一项可办理的事项。", "Choose at least one matter for the agent.")
            }
            RoleProblem::NoEnd => {
                locale.pick("请填写经办人的截止日期。", "Enter the date on which the agent's role ends.")
            }
            RoleProblem::EndBeforeBeginning => {
                locale.pick("截止日期应晚于开始日期。", "The end must be later than the beginning.")
            }
        }
    }
}

impl fmt::Display for RoleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for RoleProblem {}

#[cfg(test)]
mod tests {
    use super::*;
    use EnterpriseRole as R;
    use RoleProblem as P;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn matters(words: &[&str]) -> BTreeSet<Matter> {
        words.iter().map(|word| word.parse().unwrap()).collect()
    }

    fn agent(words: &[&str], from: i64, until: i64) -> Delegation {
        Delegation::agent(matters(words), at(from), Some(at(until))).unwrap()
    }

    #[test]
    fn stands_by_time_confirmation_and_revocation() {
        let confirmed = || agent(&["tax"], 100, 200).confirmed(at(50));
        let revoked = |when| Delegation { revoked_at: Some(at(when)), ..confirmed() };
        let cases = [
            (agent(&["tax"], 100, 200), 150, Standing::Unconfirmed),
            (agent(&["tax"], 100, 200), 200, Standing::Ended),
            (confirmed(), 40, Standing::Unconfirmed),
            (confirmed(), 99, Standing::NotYet),
            (confirmed(), 100, Standing::Active),
            (confirmed(), 199, Standing::Active),
            (confirmed(), 200, Standing::Ended),
            (revoked(150), 149, Standing::Active),
            (revoked(150), 150, Standing::Revoked),
            (Delegation::legal_representative(at(100)), 100, Standing::Active),
            (Delegation::administrator(at(100)), 100, Standing::Unconfirmed),
        ];
        for (delegation, now, standing) in cases {
            assert_eq!(delegation.standing(at(now)), standing, "{now} {delegation:?}");
        }
    }

    #[test]
    fn an_agent_acts_in_the_given_matters_only() {
        let tax: Matter = "tax".parse().unwrap();
        let social: Matter = "社保:登记".parse().unwrap();
        let tax_agent = agent(&["tax"], 100, 200).confirmed(at(100));
        let representative = Delegation::legal_representative(at(150));
        assert!(tax_agent.allows(&tax, at(120)) && !tax_agent.allows(&social, at(120)));
        assert!(!tax_agent.allows(&tax, at(200)));
        let both = [tax_agent.clone(), representative.clone()];
        assert_eq!(active_for(&both, &tax, at(120)), Some(&tax_agent));
        assert_eq!(active_for(&both, &social, at(120)), None);
        assert_eq!(active_for(&both, &social, at(160)), Some(&representative));
        assert_eq!(active(&both, at(160)), Some(&representative));
        assert_eq!(active(&both, at(99)), None);
    }

    #[test]
    fn refuses_an_agent_without_matter_or_end() {
        let make =
            |words: &[&str], until: Option<i64>| Delegation::agent(matters(words), at(100), until.map(at));
        assert_eq!(make(&[], Some(200)), Err(P::NoMatter));
        assert_eq!(make(&["tax"], None), Err(P::NoEnd));
        assert_eq!(make(&["tax"], Some(100)), Err(P::EndBeforeBeginning));
    }

    #[test]
    fn counts_places() {
        let administrator = || Delegation::administrator(at(1));
        let revoked = Delegation { revoked_at: Some(at(5)), ..administrator() };
        let mut roles = vec![administrator(); 4];
        roles.push(revoked);
        assert_eq!(has_place_for(R::Administrator, &roles, at(10)), Ok(()));
        roles.push(administrator().confirmed(at(2)));
        assert_eq!(has_place_for(R::Administrator, &roles, at(10)), Err(P::TooManyAdministrators));
        assert_eq!(has_place_for(R::LegalRepresentative, &roles, at(10)), Ok(()));
        roles.push(Delegation::legal_representative(at(1)));
        assert_eq!(has_place_for(R::LegalRepresentative, &roles, at(10)), Err(P::SecondLegalRepresentative));
        assert_eq!(has_place_for(R::Agent, &roles, at(10)), Ok(()));
    }

    #[test]
    fn knows_who_may_give_what() {
        let allowed = [
            (R::LegalRepresentative, R::Administrator),
            (R::LegalRepresentative, R::Agent),
            (R::Administrator, R::Agent),
        ];
        for giver in R::ALL {
            for given in R::ALL {
                assert_eq!(
                    may_give(giver, given).is_ok(),
                    allowed.contains(&(giver, given)),
                    "{giver} {given}"
                );
            }
        }
    }

    #[test]
    fn words_read_back() {
        for role in R::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("boss".parse::<R>(), Err(NotARole));
        let (longest, too_long) = ("m".repeat(64), "m".repeat(65));
        for word in ["tax", "social-security.v2", "税务", &longest] {
            assert_eq!(word.parse::<Matter>().as_ref().map(Matter::as_str), Ok(word));
        }
        for word in ["", " ", "a b", "<tax>", "tax\n", &too_long] {
            assert_eq!(word.parse::<Matter>(), Err(NotAMatter), "{word:?}");
        }
    }
}
