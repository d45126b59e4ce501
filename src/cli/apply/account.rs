//! Accounts of declared people: made for whoever has something to sign in with, changed in place after that.

use crate::base::id::{AccountId, PersonId};
use crate::base::{Fault, Secret};
use crate::identity::store::account::{self, Made, NewAccount, NewHandle, NewPhone, PhoneCheck};
use crate::identity::{LoginName, PhoneNumber};

use super::step::Step;

/// What a person signs in with, as far as it is declared.
pub(super) struct DeclaredAccount {
    pub(super) phone: Option<PhoneNumber>,
    pub(super) login_name: Option<LoginName>,
    pub(super) password: Option<Secret>,
}

const TAKEN: &str = "belongs to another account";

impl DeclaredAccount {
    /// A person with none of these is a record only.
    fn is_wanted(&self) -> bool {
        self.phone.is_some() || self.login_name.is_some() || self.password.is_some()
    }
}

/// The account of the person at `at`, if there is one now, and the members that changed.
pub(super) async fn write(
    step: &mut Step<'_>,
    (at, person): (&str, &PersonId),
    declared: &DeclaredAccount,
    new_hash: Option<&str>,
) -> Result<(Option<AccountId>, Vec<String>), Fault> {
    match account::find_of_person(step.tx, person).await? {
        None if declared.is_wanted() => create(step, (at, person), declared, new_hash).await,
        None => Ok((None, Vec::new())),
        Some(known) => {
            let changed = update(step, (at, &known.id), declared, new_hash).await?;
            Ok((Some(known.id), changed))
        }
    }
}

async fn create(
    step: &mut Step<'_>,
    (at, person): (&str, &PersonId),
    declared: &DeclaredAccount,
    password_hash: Option<&str>,
) -> Result<(Option<AccountId>, Vec<String>), Fault> {
    let new = NewAccount {
        person,
        password_hash,
        phone: declared.phone.as_ref().map(|number| NewPhone { number, check: PhoneCheck::Vouched }),
        login_name: declared.login_name.as_ref(),
    };
    match account::create(step.tx, step.moment, step.keys, &new).await? {
        Made::New(id) | Made::HasOne(id) => return Ok((Some(id), vec!["account".to_owned()])),
        Made::PhoneTaken => step.problems.add(format!("{at}.phone"), TAKEN),
        Made::LoginNameTaken => step.problems.add(format!("{at}.login_name"), TAKEN),
    }
    Ok((None, Vec::new()))
}

async fn update(
    step: &mut Step<'_>,
    (at, id): (&str, &AccountId),
    declared: &DeclaredAccount,
    new_hash: Option<&str>,
) -> Result<Vec<String>, Fault> {
    let known = account::contact(step.tx, step.keys, id).await?;
    let known = known.ok_or_else(|| Fault::inconsistent("account", id.as_str(), "is gone"))?;
    let mut changed = Vec::new();
    let phone = declared.phone.as_ref().filter(|phone| known.phone.as_deref() != Some(phone.as_str()));
    let phone = phone.map(|number| NewHandle::Phone(NewPhone { number, check: PhoneCheck::Vouched }));
    let name = declared.login_name.as_ref().filter(|name| known.login_name.as_deref() != Some(name.as_str()));
    for handle in phone.into_iter().chain(name.map(NewHandle::LoginName)) {
        if account::replace_handle(step.tx, step.moment, step.keys, (id, handle)).await? {
            changed.push(handle.kind().to_owned());
        } else {
            step.problems.add(format!("{at}.{}", handle.kind()), TAKEN);
        }
    }
    if let Some(hash) = new_hash {
        account::update_password(step.tx, step.moment, id, hash).await?;
        changed.push("password".to_owned());
    }
    Ok(changed)
}
