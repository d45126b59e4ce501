//! Where data is kept: the addresses of the database and of Redis.

use std::fmt;
use std::path::{Path, PathBuf};

use redis::IntoConnectionInfo;
use url::Url;

use super::raw::{Raw, SettingsProblem};
use crate::base::Secret;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabasePlace {
    Sqlite(PathBuf),
    /// A `postgres://` URL; it carries a password.
    Postgres(Secret),
}

impl DatabasePlace {
    /// A file that is not there; what a server has shows when it is asked.
    pub fn is_missing(&self) -> bool {
        matches!(self, DatabasePlace::Sqlite(path) if matches!(path.try_exists(), Ok(false)))
    }
}

/// For people; an address may carry a password and is not said.
impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabasePlace::Sqlite(path) => write!(f, "SQLite at {}", path.display()),
            DatabasePlace::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

/// Absent: a file in the data folder.
pub(super) fn database(raw: &Raw, data_dir: &Path) -> Result<DatabasePlace, SettingsProblem> {
    let name = "TONGYAO_DATABASE_URL";
    let Some(text) = raw.get(name) else { return Ok(DatabasePlace::Sqlite(data_dir.join("tongyao.db"))) };
    let what = match text.split_once("://") {
        Some(("sqlite", path)) if path.starts_with('/') => {
            return Ok(DatabasePlace::Sqlite(PathBuf::from(path)));
        }
        Some(("postgres" | "postgresql", _)) if Url::parse(text).is_ok() => {
            return Ok(DatabasePlace::Postgres(Secret::new(text)));
        }
        Some(("postgres" | "postgresql", _)) => {
            "postgres://user:password@host:port/database is wanted; letters such as @ / : # % of a password are written as %40 %2F %3A %23 %25"
        }
        _ => "sqlite:///absolute/path.db or postgres://… is wanted",
    };
    Err(unfit(name, text, what))
}

/// Absent: ephemeral state stays in the process.
pub(super) fn redis(raw: &Raw) -> Result<Option<Secret>, SettingsProblem> {
    let name = "TONGYAO_REDIS_URL";
    let Some(text) = raw.get(name) else { return Ok(None) };
    let known = matches!(text.split_once("://"), Some(("redis" | "rediss" | "redis+unix", _)));
    if known && text.into_connection_info().is_ok() {
        return Ok(Some(Secret::new(text)));
    }
    Err(unfit(
        name,
        text,
        "redis://user:password@host:port/, rediss://… or redis+unix:///path/of/the.sock is wanted",
    ))
}

/// The value may carry a password: its scheme is said only.
fn unfit(name: &'static str, text: &str, what: &str) -> SettingsProblem {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    SettingsProblem::BadValue { name, value: format!("{scheme}://…"), what: what.to_owned() }
}
