//! Which keys a database was made with: noted at the first start, compared at every later one.

use std::collections::BTreeMap;
use std::path::Path;

use super::OpenProblem;
use crate::base::{Fault, Timestamp};
use crate::config::Settings;
use crate::crypto::Keys;
use crate::crypto::folder::KeysFolder;
use crate::crypto::jwe::Decrypter;
use crate::crypto::keystore::{Kept as _, KeyStoreProblem};
use crate::crypto::signer::Signer;
use crate::sql;
use crate::storage::{Db, Run};

/// What a database keeps of its keys.
#[derive(Debug)]
pub struct Kept {
    together: String,
    /// By the name of its file. None where only programs without marks have started.
    marks: BTreeMap<String, String>,
}

/// Whether keys that another database was made with are taken for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedKeys {
    /// A new database means that the settings name the wrong one, or that the right one is lost.
    Refused,
    /// For tests: making keys of their own takes longer than most of them.
    Taken,
}

/// Whether some database has noted the keys of this folder: key pairs are made only after it has.
pub fn in_use(folder: &Path) -> bool {
    let has = |suffix| KeysFolder::open(folder).and_then(|folder| folder.list(suffix));
    [Signer::SUFFIX, Decrypter::SUFFIX].iter().any(|suffix| has(suffix).is_ok_and(|names| !names.is_empty()))
}

/// Refused where keys are in use and their database is not there: it would be a second, empty installation.
pub fn refuse_new_database(settings: &Settings) -> Result<(), OpenProblem> {
    if in_use(&settings.keys_dir) { Err(new_database(settings)) } else { Ok(()) }
}

pub(super) fn new_database(settings: &Settings) -> OpenProblem {
    let folder = settings.keys_dir.display().to_string();
    OpenProblem::NewDatabase { folder, database: settings.database.clone() }
}

/// Nothing before the first start.
pub async fn kept(db: &Db) -> Result<Option<Kept>, Fault> {
    read(&mut db.read()).await
}

/// The keys of this database; none is made, whatever the folder lacks.
pub fn open_kept_keys(kept: &Kept, folder: &Path, now: Timestamp) -> Result<Keys, OpenProblem> {
    let names = kept.marks.keys().map(String::as_str);
    KeysFolder::open(folder).and_then(|folder| folder.demand(names)).map_err(KeyStoreProblem::from)?;
    let keys = Keys::open(folder, now)?;
    kept.compare(&keys, folder)?;
    Ok(keys)
}

impl Kept {
    /// That these are the keys; there may be new ones beside them.
    fn compare(&self, keys: &Keys, folder: &Path) -> Result<(), OpenProblem> {
        let folder = folder.display().to_string();
        if self.together != keys.check_value() {
            return Err(OpenProblem::OtherKeys(folder));
        }
        match self.marks.iter().find(|(name, mark)| keys.marks().get(*name) != Some(*mark)) {
            Some((name, _)) => Err(OpenProblem::OtherKey { name: name.clone(), folder }),
            None => Ok(()),
        }
    }
}

/// Notes the keys that the database does not know yet: all at the first start, later those that were added. Of two nodes
/// that start at once with different keys, one is refused.
pub async fn note(db: &Db, keys: &Keys, folder: &Path) -> Result<(), OpenProblem> {
    let value = keys.check_value();
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "INSERT INTO installation (name, value) VALUES ('keys', $1) ON CONFLICT DO NOTHING",
        value.as_str(),
    ))
    .await?;
    for (name, mark) in keys.marks() {
        tx.execute(sql!(
            "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            format!("{MARK}{name}"),
            mark.as_str(),
        ))
        .await?;
    }
    let kept = read(&mut tx).await?.ok_or_else(|| Fault::broken("the keys were noted and are not"))?;
    kept.compare(keys, folder)?;
    Ok(tx.commit().await?)
}

/// Before the file's name.
const MARK: &str = "key:";

async fn read(run: &mut impl Run) -> Result<Option<Kept>, Fault> {
    let rows: Vec<(String, String)> = run
        .all(sql!("SELECT name, value FROM installation WHERE name = 'keys' OR name LIKE 'key:%'"))
        .await?;
    let (marks, together): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(name, _)| name != "keys");
    let file = |(name, mark): (String, String)| Some((name.strip_prefix(MARK)?.to_owned(), mark));
    let marks = marks.into_iter().filter_map(file).collect();
    Ok(together.into_iter().next().map(|(_, together)| Kept { together, marks }))
}
