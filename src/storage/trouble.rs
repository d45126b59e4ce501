//! What a database error means for the caller: try again later, or a defect.

use crate::base::Fault;

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
        return fault.because(format!("database error {code}: {}", without_values(database.message())));
    }
    if is_connection(&error) {
        return Fault::unavailable(place).because(error);
    }
    Fault::broken(place).because(error)
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
}
