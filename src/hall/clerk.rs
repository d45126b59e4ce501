//! Staff on record: who may sign in at `/hall/`, with which roles, in which hall.

use std::fmt;

use super::role::{Role, Roles};
use super::window::Declared;
use crate::base::id::StaffId;
use crate::base::{Fault, Moment};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::normalise::{half_width, is_space};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A member of staff. `name` is for their own pages only; it never leaves with a verification.
#[derive(Clone)]
pub struct Clerk {
    pub id: StaffId,
    pub name: String,
    pub roles: Roles,
    /// The hall they work in.
    pub hall: Option<String>,
}

/// What is written when staff are declared.
pub struct NewStaff<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub roles: &'a Roles,
    pub hall: Option<&'a str>,
    /// `None` leaves the password as it is.
    pub password_hash: Option<&'a str>,
}

/// A member of staff as signing in needs it.
pub(super) struct Known {
    pub(super) clerk: Clerk,
    pub(super) password_hash: Option<String>,
}

record! {
    struct Row {
        id: String,
        name: Vec<u8>,
        roles: String,
        hall_id: Option<String>,
        password_hash: Option<String>,
        disabled_at: Option<i64>,
    }
}

/// The most characters of a login; more is nobody's.
const LONGEST_LOGIN: usize = 64;

impl Clerk {
    pub fn is(&self, role: Role) -> bool {
        self.roles.has(role)
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// A login as it is compared: half-width, small letters, no spaces.
pub fn login(typed: &str) -> String {
    let kept = typed.chars().map(half_width).filter(|c| !is_space(*c)).flat_map(char::to_lowercase);
    kept.take(LONGEST_LOGIN + 1).collect()
}

/// Writes staff as declared. Whoever was disabled stays so: a file applied every night must not let them in again.
pub async fn declare(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    new: &NewStaff<'_>,
) -> Result<(StaffId, Declared), Fault> {
    let login = login(new.login);
    let (id, declared) = match row_of(tx, &login).await? {
        None => (StaffId::new(moment), Declared::New),
        Some(row) => {
            let known = open(keys, &row.id, &row.name, &row.roles, row.hall_id)?;
            let declared = Declared::of([
                ("name", known.name != new.name),
                ("roles", known.roles != *new.roles),
                ("hall", known.hall.as_deref() != new.hall),
                (
                    "password",
                    new.password_hash.is_some_and(|hash| Some(hash) != row.password_hash.as_deref()),
                ),
            ]);
            (known.id, declared)
        }
    };
    if declared == Declared::Same {
        return Ok((id, declared));
    }
    tx.execute(sql!(
        "INSERT INTO staff (id, login, name, roles, hall_id, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, hall_id = excluded.hall_id,
             password_hash = COALESCE(excluded.password_hash, staff.password_hash), updated_at = excluded.updated_at",
        id.as_str(),
        login,
        keys.seal.seal(&*moment.random, name_place(id.as_str()), new.name)?,
        new.roles.print(),
        new.hall,
        new.password_hash,
        moment.now,
    ))
    .await?;
    Ok((id, declared))
}

/// The stored password hash of a login, disabled or not.
pub async fn find_password_hash(run: &mut impl Run, typed: &str) -> Result<Option<String>, Fault> {
    Ok(row_of(run, &login(typed)).await?.and_then(|row| row.password_hash))
}

/// Staff by login as [`login`] writes it; disabled ones are not found.
pub(super) async fn find_by_login(
    run: &mut impl Run,
    keys: &Keys,
    login: &str,
) -> Result<Option<Known>, Fault> {
    let row = row_of(run, login).await?.filter(|row| row.disabled_at.is_none());
    row.map(|row| {
        let clerk = open(keys, &row.id, &row.name, &row.roles, row.hall_id)?;
        Ok(Known { clerk, password_hash: row.password_hash })
    })
    .transpose()
}

async fn row_of(run: &mut impl Run, login: &str) -> Result<Option<Row>, Fault> {
    run.optional(sql!(
        "SELECT id, name, roles, hall_id, password_hash, disabled_at FROM staff WHERE login = $1",
        login,
    ))
    .await
}

/// A member of staff from the columns of a row.
pub(super) fn open(
    keys: &Keys,
    id: &str,
    name: &[u8],
    roles: &str,
    hall: Option<String>,
) -> Result<Clerk, Fault> {
    let roles = Roles::parse(roles.split(' '))
        .map_err(|_| Fault::inconsistent("staff", id, "roles are not known"))?;
    Ok(Clerk { id: parse_id(id)?, name: keys.seal.open(name_place(id), name)?, roles, hall })
}

fn parse_id(id: &str) -> Result<StaffId, Fault> {
    id.parse().map_err(|_| Fault::inconsistent("staff", id, "not an id"))
}

fn name_place(row: &str) -> Place<'_> {
    Place { table: "staff", column: "name", row }
}
