//! The levels a request asks for, and whether person and sign-in reach one of them.

use crate::base::Timestamp;
use crate::client::Client;
use crate::identity::{Level, Rank};
use crate::protocol::bearer::Requirement;
use crate::protocol::{Acr, AcrValues, AuthorizeRequest, Refusal};

use super::granted::Facts;

/// What a client wants to hear in `acr`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    values: Vec<Acr>,
    need: Need,
    /// Of the client's registration; met before anything else is looked at.
    minimum: Option<Acr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Need {
    /// A voluntary wish in the `claims` parameter: whatever is reached is told (OIDC Core §5.5.1.1).
    #[default]
    Voluntary,
    /// `acr_values`: tried by every page we have (RFC 9470 §5); less is told only where no page leads there.
    Sought,
    Essential,
}

/// Whether it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// This is told as `acr`.
    Yes(Acr),
    /// The person would have to be verified better; the lowest level that would do.
    PersonTooLow(Level),
    /// Nothing we offer reaches it, and the client will not take less.
    Never,
}

/// What a request wants: the `claims` parameter before `acr_values` before what the client registered.
pub fn wanted(request: &AuthorizeRequest, client: &Client) -> Wanted {
    let minimum = client.metadata.minimum_acr;
    if let Some(wish) = request.claims.acr() {
        let need = if request.claims.essential_acr().is_some() { Need::Essential } else { Need::Voluntary };
        return Wanted { values: wish.values.known().to_vec(), need, minimum };
    }
    if !request.acr_values.is_empty() {
        return Wanted { values: request.acr_values.known().to_vec(), need: Need::Sought, minimum };
    }
    Wanted { values: client.metadata.default_acr_values.clone(), need: Need::Sought, minimum }
}

/// What a client's registration demands of the sign-in behind a token: a minimum that was raised holds for tokens issued
/// before. How strong a sign-in was is judged where it happens; tokens tell the level of the person.
pub fn required(client: &Client) -> Option<Requirement> {
    let minimum = client.metadata.minimum_acr.filter(|acr| matches!(acr, Acr::Loa(_)))?;
    let acr_values = AcrValues::of([minimum.to_string().as_str()]).ok()?;
    Some(Requirement { acr_values: Some(acr_values), max_age: None })
}

/// Whether a grant meets it.
pub fn suffices(required: &Requirement, facts: &Facts, now: Timestamp) -> Result<(), Refusal> {
    required.judge(Some(Acr::Loa(facts.level)), Some(facts.auth_time.seconds()), now.seconds())
}

impl Wanted {
    /// Judges what the person and the sign-in have reached. Of several values reached the highest is told.
    pub fn judge(&self, level: Level, rank: Rank) -> Reached {
        if let Some(minimum) = self.minimum.filter(|acr| !reaches(*acr, level, rank)) {
            return match minimum {
                Acr::Loa(number) => Level::of_number(number).map_or(Reached::Never, Reached::PersonTooLow),
                Acr::Aal(_) => Reached::Never,
            };
        }
        let best = self.values.iter().copied().filter(|acr| reaches(*acr, level, rank)).max_by_key(strength);
        if let Some(acr) = best {
            return Reached::Yes(acr);
        }
        let own = Acr::Loa(level.number());
        let lowest = self.values.iter().filter_map(|acr| match acr {
            Acr::Loa(number) => Level::of_number(*number),
            Acr::Aal(_) => None,
        });
        match lowest.min() {
            Some(_) if self.need == Need::Voluntary => Reached::Yes(own),
            Some(level) => Reached::PersonTooLow(level),
            None if self.need == Need::Essential => Reached::Never,
            None => Reached::Yes(own),
        }
    }
}

fn reaches(acr: Acr, level: Level, rank: Rank) -> bool {
    match acr {
        Acr::Loa(number) => number <= level.number(),
        Acr::Aal(number) => number <= rank.number(),
    }
}

/// Levels of the person count more than levels of the sign-in: they are what departments ask for.
fn strength(acr: &Acr) -> (u8, u8) {
    match acr {
        Acr::Loa(number) => (1, *number),
        Acr::Aal(number) => (0, *number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_decides_what_is_told() {
        use Acr::{Aal, Loa};
        let cases: &[(&[Acr], Need, Level, Reached)] = &[
            (&[], Need::Voluntary, Level::DataMatched, Reached::Yes(Loa(1))),
            (&[Loa(3)], Need::Voluntary, Level::DataMatched, Reached::Yes(Loa(1))),
            (&[Loa(3)], Need::Sought, Level::DataMatched, Reached::PersonTooLow(Level::InPerson)),
            (&[Loa(3), Aal(1)], Need::Sought, Level::DataMatched, Reached::Yes(Aal(1))),
            (&[Aal(3)], Need::Sought, Level::DataMatched, Reached::Yes(Loa(1))),
            (&[Loa(3)], Need::Voluntary, Level::InPerson, Reached::Yes(Loa(3))),
            (&[Loa(3), Loa(1)], Need::Voluntary, Level::DataMatched, Reached::Yes(Loa(1))),
            (&[Loa(1), Loa(2)], Need::Essential, Level::InPerson, Reached::Yes(Loa(2))),
            (
                &[Loa(3), Loa(2)],
                Need::Essential,
                Level::DataMatched,
                Reached::PersonTooLow(Level::RealPerson),
            ),
            (&[Aal(1)], Need::Voluntary, Level::SelfAsserted, Reached::Yes(Aal(1))),
            (&[Aal(3)], Need::Voluntary, Level::DataMatched, Reached::Yes(Loa(1))),
            (&[Aal(3)], Need::Essential, Level::DataMatched, Reached::Never),
            (&[], Need::Essential, Level::DataMatched, Reached::Never),
        ];
        for (values, need, level, expected) in cases {
            let wanted = Wanted { values: values.to_vec(), need: *need, minimum: None };
            assert_eq!(wanted.judge(*level, Rank::One), *expected, "{values:?} {need:?}");
        }
    }

    #[test]
    fn a_minimum_comes_before_every_wish() {
        use Acr::{Aal, Loa};
        let cases: &[(&[Acr], Acr, Level, Reached)] = &[
            (&[], Loa(2), Level::DataMatched, Reached::PersonTooLow(Level::RealPerson)),
            (&[Loa(1)], Loa(2), Level::DataMatched, Reached::PersonTooLow(Level::RealPerson)),
            (&[Loa(1)], Loa(2), Level::InPerson, Reached::Yes(Loa(1))),
            (&[Loa(3)], Loa(2), Level::RealPerson, Reached::PersonTooLow(Level::InPerson)),
            (&[], Aal(2), Level::InPerson, Reached::Never),
            (&[], Aal(1), Level::InPerson, Reached::Yes(Loa(3))),
        ];
        for (values, minimum, level, expected) in cases {
            let wanted = Wanted { values: values.to_vec(), need: Need::Sought, minimum: Some(*minimum) };
            assert_eq!(wanted.judge(*level, Rank::One), *expected, "{values:?} {minimum}");
        }
    }
}
