//! Accounts: the on-line log-in of a person, found by ID number, phone or login name.

use crate::audit::{self, Event};
use crate::base::id::{AccountId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::{LoginName, PhoneNumber, search_keys};
use crate::sql;
use crate::storage::{Run, Tx, record};

use super::person::document_fingerprints;

/// An account as sign-in needs it.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub person: PersonId,
    pub password_hash: Option<String>,
}

/// How an account's owner can be reached and what they may type, in full.
pub struct Contact {
    pub phone: Option<String>,
    pub login_name: Option<String>,
}

/// What is written when an account is made.
pub struct NewAccount<'a> {
    pub person: &'a PersonId,
    pub password_hash: Option<&'a str>,
    pub phone: Option<NewPhone<'a>>,
    pub login_name: Option<&'a LoginName>,
}

/// A phone with how sure it is that it is its owner's.
#[derive(Clone, Copy)]
pub struct NewPhone<'a> {
    pub number: &'a PhoneNumber,
    pub check: PhoneCheck,
}

/// What an account is found by, beside its person's documents.
#[derive(Clone, Copy)]
pub enum NewHandle<'a> {
    Phone(NewPhone<'a>),
    LoginName(&'a LoginName),
}

/// Who made sure of a phone; departments are told (`phone_number_verified`, OIDC Core §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneCheck {
    /// The operator vouches for it.
    Vouched,
    /// Typed by its owner, not tried yet.
    Entered,
}

/// What became of making an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    New(AccountId),
    /// The person has one already.
    HasOne(AccountId),
    PhoneTaken,
    LoginNameTaken,
}

record! {
    struct Row {
        id: String,
        person_id: String,
        password_hash: Option<String>,
    }
}

record! {
    struct ContactRow {
        phone: Option<Vec<u8>>,
        login_name: Option<Vec<u8>>,
    }
}

const PHONE: &str = "phone";
const LOGIN_NAME: &str = "login_name";
/// Phone, login name and up to three readings of a number: what one typed text may mean.
const MOST_FINGERPRINTS: usize = 5;

/// What guesses at a typed username are counted by: the same however it is written, and nobody who reads it without our keys
/// learns the number it stands for.
pub fn sign_in_key(keys: &Keys, username: &str) -> String {
    fingerprints_of(keys, username).into_iter().next().unwrap_or_default()
}

/// The open account a typed username means, in one round trip. A name somebody chose comes before what it may be read as.
pub async fn find_for_sign_in(
    run: &mut impl Run,
    keys: &Keys,
    username: &str,
) -> Result<Option<Account>, Fault> {
    let fingerprints = fingerprints_of(keys, username);
    for group in fingerprints.chunks(MOST_FINGERPRINTS) {
        let at = |index: usize| group.get(index).map_or("", String::as_str);
        let row: Option<Row> = run
            .optional(sql!(
                "SELECT account.id, account.person_id, account.password_hash, 1 AS turn FROM handle
                 JOIN account ON account.id = handle.account_id AND account.closed_at IS NULL
                 WHERE handle.fingerprint IN ($1, $2, $3, $4, $5)
                 UNION ALL
                 SELECT account.id, account.person_id, account.password_hash, 2 AS turn FROM document
                 JOIN account ON account.person_id = document.person_id AND account.closed_at IS NULL
                 WHERE document.fingerprint IN ($1, $2, $3, $4, $5) AND document.replaced_at IS NULL
                 ORDER BY turn LIMIT 1",
                at(0),
                at(1),
                at(2),
                at(3),
                at(4),
            ))
            .await?;
        if let Some(row) = row {
            return row.account().map(Some);
        }
    }
    Ok(None)
}

/// The open account of a person.
pub async fn find_of_person(run: &mut impl Run, person: &PersonId) -> Result<Option<Account>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, person_id, password_hash FROM account WHERE person_id = $1 AND closed_at IS NULL",
            person.as_str(),
        ))
        .await?;
    row.map(Row::account).transpose()
}

pub async fn contact(run: &mut impl Run, keys: &Keys, account: &AccountId) -> Result<Option<Contact>, Fault> {
    let row: Option<ContactRow> =
        run.optional(sql!("SELECT phone, login_name FROM account WHERE id = $1", account.as_str())).await?;
    let open = |column, sealed: Option<Vec<u8>>| {
        sealed.map(|sealed| keys.seal.open(place(column, account.as_str()), &sealed)).transpose()
    };
    row.map(|row| {
        Ok(Contact { phone: open(PHONE, row.phone)?, login_name: open(LOGIN_NAME, row.login_name)? })
    })
    .transpose()
}

/// Makes an account. What is refused leaves nothing behind once the caller drops the transaction.
pub async fn create(tx: &mut Tx, moment: &Moment, keys: &Keys, new: &NewAccount<'_>) -> Result<Made, Fault> {
    if let Some(account) = find_of_person(tx, new.person).await? {
        return Ok(Made::HasOne(account.id));
    }
    let id = AccountId::new(moment);
    let seal = |column, text: Option<&str>| {
        text.map(|text| keys.seal.seal(&*moment.random, place(column, id.as_str()), text)).transpose()
    };
    let written = tx
        .execute(sql!(
            "INSERT INTO account (id, person_id, phone, phone_verified_at, login_name, password_hash, password_changed_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7) ON CONFLICT DO NOTHING",
            id.as_str(),
            new.person.as_str(),
            seal(PHONE, new.phone.map(|phone| phone.number.as_str()))?,
            new.phone.and_then(|phone| phone.check.verified_at(moment)),
            seal(LOGIN_NAME, new.login_name.map(LoginName::as_str))?,
            new.password_hash,
            moment.now,
        ))
        .await?;
    if written == 0 {
        // Another transaction made it between our look and our write; it is there to be seen now.
        let other = find_of_person(tx, new.person).await?;
        let gone = || Fault::unavailable("the same person's account is being made at this moment");
        return other.map(|account| Made::HasOne(account.id)).ok_or_else(gone);
    }
    if let Some(phone) = new.phone
        && !insert_handle(tx, moment, keys, &id, (PHONE, phone.number.as_str())).await?
    {
        return Ok(Made::PhoneTaken);
    }
    if let Some(name) = new.login_name
        && !insert_handle(tx, moment, keys, &id, (LOGIN_NAME, name.as_str())).await?
    {
        return Ok(Made::LoginNameTaken);
    }
    audit::record(tx, moment, Event::AccountCreated { person: new.person, account: &id }).await?;
    Ok(Made::New(id))
}

pub async fn update_password(
    tx: &mut Tx,
    moment: &Moment,
    account: &AccountId,
    password_hash: &str,
) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE account SET password_hash = $2, password_changed_at = $3, updated_at = $3 WHERE id = $1",
        account.as_str(),
        password_hash,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Gives an account another phone or login name; `false` where it is another account's, and then the caller drops the
/// transaction.
pub async fn replace_handle(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (account, handle): (&AccountId, NewHandle<'_>),
) -> Result<bool, Fault> {
    let (kind, text) = (handle.kind(), handle.as_str());
    tx.execute(sql!("DELETE FROM handle WHERE account_id = $1 AND kind = $2", account.as_str(), kind))
        .await?;
    if !insert_handle(tx, moment, keys, account, (kind, text)).await? {
        return Ok(false);
    }
    let sealed = keys.seal.seal(&*moment.random, place(kind, account.as_str()), text)?;
    let statement = match handle {
        NewHandle::Phone(phone) => sql!(
            "UPDATE account SET phone = $2, phone_verified_at = $3, updated_at = $4 WHERE id = $1",
            account.as_str(),
            sealed,
            phone.check.verified_at(moment),
            moment.now,
        ),
        NewHandle::LoginName(_) => sql!(
            "UPDATE account SET login_name = $2, updated_at = $3 WHERE id = $1",
            account.as_str(),
            sealed,
            moment.now,
        ),
    };
    tx.execute(statement).await?;
    Ok(true)
}

async fn insert_handle(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    account: &AccountId,
    (kind, text): (&'static str, &str),
) -> Result<bool, Fault> {
    let written = tx
        .execute(sql!(
            "INSERT INTO handle (fingerprint, kind, account_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            keys.fingerprint.of(kind, text),
            kind,
            account.as_str(),
            moment.now,
        ))
        .await?;
    Ok(written == 1)
}

/// Every fingerprint the text may stand for. The same number of look-ups whatever was typed.
fn fingerprints_of(keys: &Keys, username: &str) -> Vec<String> {
    let mut all = Vec::with_capacity(MOST_FINGERPRINTS);
    if let Ok(phone) = PhoneNumber::parse(username) {
        all.extend(keys.fingerprint.all(PHONE, phone.as_str()));
    }
    if let Ok(name) = LoginName::parse(username) {
        all.extend(keys.fingerprint.all(LOGIN_NAME, name.as_str()));
    }
    for key in search_keys(username).persons {
        all.extend(document_fingerprints(keys, &key));
    }
    if all.is_empty() {
        // What can be nobody's name still costs a look-up, so that time tells nothing.
        all.push(keys.fingerprint.of("nobody", username));
    }
    all
}

impl NewHandle<'_> {
    /// `phone` or `login_name`.
    pub fn kind(&self) -> &'static str {
        match self {
            NewHandle::Phone(_) => PHONE,
            NewHandle::LoginName(_) => LOGIN_NAME,
        }
    }

    fn as_str(&self) -> &str {
        match self {
            NewHandle::Phone(phone) => phone.number.as_str(),
            NewHandle::LoginName(name) => name.as_str(),
        }
    }
}

impl PhoneCheck {
    /// What `phone_verified_at` is for a phone written now.
    pub fn verified_at(self, moment: &Moment) -> Option<Timestamp> {
        (self == PhoneCheck::Vouched).then_some(moment.now)
    }
}

impl Row {
    fn account(self) -> Result<Account, Fault> {
        let broken = |what| Fault::inconsistent("account", &self.id, what);
        Ok(Account {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            person: self.person_id.parse().map_err(|_| broken("person_id is not an id"))?,
            password_hash: self.password_hash.clone(),
        })
    }
}

fn place<'a>(column: &'static str, row: &'a str) -> Place<'a> {
    Place { table: "account", column, row }
}
