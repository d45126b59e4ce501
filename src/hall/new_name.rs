//! The name a card shows where it is not the one on record. Of somebody with an account it waits for the binding: what a
//! clerk typed wrong must not rename a person who has not confirmed it.

use crate::audit::{self, Event};
use crate::base::id::{PersonId, VisitId};
use crate::base::{Fault, Moment};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::PersonName;
use crate::identity::store::account;
use crate::identity::store::person::{self, Person};
use crate::sql;
use crate::storage::{Run, Tx};

/// The name on record, masked, where the card shows another one: whoever decides has to know of it.
pub async fn on_record(
    run: &mut impl Run,
    keys: &Keys,
    (person, shown): (&PersonId, &str),
) -> Result<Option<String>, Fault> {
    let Some(known) = person::find(run, keys, person).await? else { return Ok(None) };
    // Somebody on record by number alone is given their name, which changes nothing that was there.
    let differs = !known.name.is_empty() && !is_same(&known.name, shown);
    Ok(differs.then(|| known.masked_name()))
}

/// What becomes of the name of a card that passed; after the visit's last step, which forgets what waited before.
pub(super) async fn note(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, known, shown): (&VisitId, &Person, &PersonName),
) -> Result<(), Fault> {
    if is_same(&known.name, shown.as_str()) {
        return Ok(());
    }
    match account::find_of_person(tx, &known.id).await? {
        Some(_) => keep(tx, moment, keys, (visit, shown)).await,
        None => correct(tx, moment, keys, (visit, &known.id, shown)).await,
    }
}

/// The person has confirmed: the name that waited is theirs. Before the visit's step, which forgets it.
pub(super) async fn take(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, person): (&VisitId, &PersonId),
) -> Result<(), Fault> {
    let (sealed,): (Option<Vec<u8>>,) =
        tx.one(sql!("SELECT new_name FROM visit WHERE id = $1", visit.as_str())).await?;
    let Some(sealed) = sealed else { return Ok(()) };
    let name = PersonName::parse(&keys.seal.open(place(visit), &sealed)?)
        .map_err(|_| Fault::inconsistent("visit", visit.as_str(), "new_name is no name"))?;
    correct(tx, moment, keys, (visit, person, &name)).await
}

async fn keep(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, name): (&VisitId, &PersonName),
) -> Result<(), Fault> {
    let sealed = keys.seal.seal(&*moment.random, place(visit), name.as_str())?;
    tx.execute(sql!("UPDATE visit SET new_name = $2 WHERE id = $1", visit.as_str(), sealed)).await.map(|_| ())
}

async fn correct(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, person, name): (&VisitId, &PersonId, &PersonName),
) -> Result<(), Fault> {
    person::update_name(tx, moment, keys, person, name).await?;
    audit::record(tx, moment, Event::NameCorrected { person, visit }).await
}

/// Spelled otherwise but the same: the record stays as it is.
fn is_same(known: &str, shown: &str) -> bool {
    match (PersonName::parse(known), PersonName::parse(shown)) {
        (Ok(known), Ok(shown)) => known.matches(&shown),
        _ => known == shown,
    }
}

fn place(visit: &VisitId) -> Place<'_> {
    Place { table: "visit", column: "new_name", row: visit.as_str() }
}
