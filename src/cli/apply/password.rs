//! Hashes of declared passwords, made before the transaction and only where the stored one does not fit.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::person::DeclaredPerson;
use super::problem::ApplyProblem;
use super::staff::DeclaredStaff;
use super::{Sections, Target};
use crate::base::{Fault, Moment, Secret};
use crate::hall::clerk;
use crate::identity::store::{account, person};

/// New hashes by index in the file; who is not here keeps the password.
#[derive(Default)]
pub(super) struct Hashes {
    pub(super) people: BTreeMap<usize, String>,
    pub(super) staff: BTreeMap<usize, String>,
}

/// As many as keep the pool busy without filling its waiting room.
const AT_ONCE: usize = 4;

pub(super) async fn prepare(
    target: &Target<'_>,
    moment: &Moment,
    sections: &Sections,
) -> Result<Hashes, ApplyProblem> {
    let mut hashes = Hashes::default();
    for some in sections.people.chunks(AT_ONCE) {
        let made = join_all(some.iter().map(|one| of_person(target, moment, one))).await;
        for (one, hash) in some.iter().zip(made) {
            hashes.people.extend(hash?.map(|hash| (one.index, hash)));
        }
    }
    for some in sections.staff.chunks(AT_ONCE) {
        let made = join_all(some.iter().map(|one| of_staff(target, moment, one))).await;
        for (one, hash) in some.iter().zip(made) {
            hashes.staff.extend(hash?.map(|hash| (one.index, hash)));
        }
    }
    Ok(hashes)
}

async fn of_person(
    target: &Target<'_>,
    moment: &Moment,
    declared: &DeclaredPerson,
) -> Result<Option<String>, Fault> {
    let Some(password) = &declared.account.password else { return Ok(None) };
    let mut reader = target.db.read();
    let known = person::find_by_document(&mut reader, target.keys, &declared.document).await?;
    let stored = match known {
        Some(id) => account::find_of_person(&mut reader, &id).await?.and_then(|one| one.password_hash),
        None => None,
    };
    unless_it_fits(target, moment, (password, stored)).await
}

async fn of_staff(
    target: &Target<'_>,
    moment: &Moment,
    declared: &DeclaredStaff,
) -> Result<Option<String>, Fault> {
    let Some(password) = &declared.password else { return Ok(None) };
    let stored = clerk::find_password_hash(&mut target.db.read(), &declared.login).await?;
    unless_it_fits(target, moment, (password, stored)).await
}

async fn unless_it_fits(
    target: &Target<'_>,
    moment: &Moment,
    (password, stored): (&Secret, Option<String>),
) -> Result<Option<String>, Fault> {
    if let Some(stored) = stored
        && target.passwords.verify(password.clone(), Some(&stored)).await?
    {
        return Ok(None);
    }
    Ok(Some(target.passwords.hash(&*moment.random, password.clone()).await?))
}
