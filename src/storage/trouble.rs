//! What a database error means for the caller: try again later, or a defect.

use crate::base::Fault;

/// Turns a driver's error into a fault. The driver's text may quote values, so only its code is kept for constraint errors.
pub(super) fn fault(place: &str, error: sqlx::Error) -> Fault {
    if let sqlx::Error::Database(database) = &error {
        let code = database.code().unwrap_or_default().into_owned();
        let fault = match code.as_str() {
            // SQLite: 13 FULL, 10 IOERR family, 5/6 BUSY/LOCKED, 8 READONLY; PostgreSQL: 53 resources, 57 shutdown, 40 retry, 08 connection.
            "13" | "53100" => Fault::unavailable(format!("{place}: the disk of the database is full")),
            "5" | "6" | "10" | "8" | "1032" | "778" | "266" | "522" | "1290" => Fault::unavailable(place),
            code if ["53", "57", "40", "08", "55"]
                .iter()
                .any(|class| code.len() == 5 && code.starts_with(class)) =>
            {
                Fault::unavailable(place)
            }
            _ => Fault::broken(place),
        };
        return fault.because(format!("database error {code}: {}", without_values(database.message())));
    }
    if is_connection(&error) {
        return Fault::unavailable(place).because(error);
    }
    Fault::broken(place).because(error)
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
