//! What a database error means for the caller: try again later, or a defect.

use std::error::Error;

use crate::base::Fault;

/// What the database itself said.
#[derive(Debug, thiserror::Error)]
#[error("database error {code}: {message}")]
struct Answered {
    code: String,
    message: String,
}

/// Turns a driver's error into a fault. The driver's text may quote values, so only its code is kept for constraint errors.
pub(super) fn fault(place: &str, error: sqlx::Error) -> Fault {
    if let sqlx::Error::Database(database) = &error {
        let code = database.code().unwrap_or_default().into_owned();
        let fault = match trouble(&code) {
            Trouble::DiskFull => Fault::unavailable(format!("{place}: the disk of the database is full")),
            Trouble::Passing => Fault::unavailable(place),
            Trouble::Duplicate => Fault::duplicate(place),
            Trouble::Defect => Fault::broken(place),
        };
        return fault.because(Answered { code, message: without_values(database.message()).to_owned() });
    }
    if is_connection(&error) {
        return Fault::unavailable(place).because(error);
    }
    Fault::broken(place).because(error)
}

/// A fault for who runs the database: what happened, and what to do where the database's code says it.
pub fn with_advice(fault: &Fault) -> String {
    match advice(fault) {
        Some(advice) => format!("{fault:?}: {advice}"),
        None => format!("{fault:?}"),
    }
}

/// What to do about what the database said.
pub fn advice(fault: &Fault) -> Option<&'static str> {
    remedy(&answered(fault)?.code)
}

/// The statement named a table that is not there.
pub(super) fn lacks_table(fault: &Fault) -> bool {
    answered(fault).is_some_and(|answered| ["1", "42P01"].contains(&answered.code.as_str()))
}

fn answered(fault: &Fault) -> Option<&Answered> {
    fault.source()?.downcast_ref()
}

fn remedy(code: &str) -> Option<&'static str> {
    let sqlite = || match code.parse::<i32>().ok()? & 0xff {
        5 | 6 => Some("another program writes to the database for long: end it"),
        8 | 14 => Some("give this user the right to write the database file and its folder"),
        11 | 26 => Some(
            "the file is damaged or no database: name the right one in TONGYAO_DATABASE_URL, or restore a backup",
        ),
        13 => Some("make room on its disk"),
        _ => None,
    };
    let postgres = || match code {
        "25006" => Some(
            "the server takes no writes (a standby, or set so): name one that does in TONGYAO_DATABASE_URL, or make it writable",
        ),
        "3D000" => Some("create that database, or correct its name in TONGYAO_DATABASE_URL"),
        "42501" => {
            Some("give the user of TONGYAO_DATABASE_URL the right to make and use tables in this database")
        }
        "53100" => Some("make room on its disk"),
        "53300" => Some(
            "the server has no connection left: raise its max_connections (each node uses up to 16), or end connections of \
             others",
        ),
        "57P03" => Some("the server is just starting or ending: try again"),
        _ if code.starts_with("28") => Some(
            "correct the user or the password in TONGYAO_DATABASE_URL, or let this user in (pg_hba.conf of the server)",
        ),
        _ => None,
    };
    if code.len() == 5 { postgres() } else { sqlite() }
}

#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    DiskFull,
    /// Whoever runs the database is at it: the same statement succeeds later.
    Passing,
    Duplicate,
    Defect,
}

/// SQLSTATE has five characters; what is shorter is a code of SQLite, whose last byte is its kind.
fn trouble(code: &str) -> Trouble {
    /// SQLite: BUSY, LOCKED, READONLY, IOERR, CANTOPEN.
    const PASSING: [i32; 5] = [5, 6, 8, 10, 14];
    const FULL: i32 = 13;
    /// PostgreSQL: connection, authorization (a role being changed), no such database (a restore), read-only (a standby, a
    /// full disk), retry, resources, not in the state needed, shutdown, system.
    const CLASSES: [&str; 9] = ["08", "28", "3D", "25006", "40", "53", "55", "57", "58"];
    match code.parse::<i32>() {
        _ if code == "53100" => Trouble::DiskFull,
        // Unique violation; of SQLite: of a primary key, of another index.
        _ if ["23505", "1555", "2067"].contains(&code) => Trouble::Duplicate,
        _ if code.len() == 5 && CLASSES.iter().any(|class| code.starts_with(class)) => Trouble::Passing,
        Ok(number) if code.len() < 5 && number & 0xff == FULL => Trouble::DiskFull,
        Ok(number) if code.len() < 5 && PASSING.contains(&(number & 0xff)) => Trouble::Passing,
        _ => Trouble::Defect,
    }
}

/// The connection itself is gone: the same statement may succeed on another one.
pub(super) fn is_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        // 57P01..57P05: the server ends the connection (shutdown, crash of another backend, idle limits).
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

/// PostgreSQL quotes offending values after a colon or in double quotes; keep the sentence only.
fn without_values(message: &str) -> &str {
    message.split(": \"").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_is_wrong() {
        for code in ["13", "53100"] {
            assert_eq!(trouble(code), Trouble::DiskFull, "{code}");
        }
        let passing = [
            "5", "6", "8", "10", "14", "261", "517", "1034", "2570", "25006", "3D000", "57P01", "40001",
            "58030", "28P01",
        ];
        for code in passing {
            assert_eq!(trouble(code), Trouble::Passing, "{code}");
        }
        for code in ["1555", "2067", "23505"] {
            assert_eq!(trouble(code), Trouble::Duplicate, "{code}");
        }
        for code in ["1", "19", "787", "23503", "42P01", "25001", "", "x"] {
            assert_eq!(trouble(code), Trouble::Defect, "{code}");
        }
    }

    #[test]
    fn what_its_operator_can_mend_comes_with_what_to_do() {
        let cases = [
            ("11", Some("restore a backup")),
            ("26", Some("restore a backup")),
            ("1032", Some("the right to write")),
            ("2570", None),
            ("28P01", Some("the password")),
            ("28000", Some("pg_hba.conf")),
            ("3D000", Some("its name")),
            ("53300", Some("max_connections")),
            ("25006", Some("takes no writes")),
            ("23505", None),
            ("", None),
        ];
        for (code, expected) in cases {
            let answered = Answered { code: code.to_owned(), message: "it said so".to_owned() };
            let fault = Fault::unavailable("writing").because(answered);
            let told = with_advice(&fault);
            assert!(told.starts_with(&format!("writing: database error {code}: it said so")), "{told}");
            assert_eq!(advice(&fault).is_some(), expected.is_some(), "{code}");
            assert!(told.contains(expected.unwrap_or_default()), "{told}");
        }
        let silent = Fault::unavailable("PostgreSQL cannot be reached").because("refused");
        assert_eq!(with_advice(&silent), "PostgreSQL cannot be reached: refused");
    }
}
