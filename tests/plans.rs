//! No statement of the service reads a whole table that grows: each is explained on the schema of `migrations/`.

mod sources;

use std::fs;
use std::path::PathBuf;

use sources::{files, sources};
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqliteConnection};

/// Tables with a row for each person, session, token, visit or event.
const GROWING: &[&str] = &[
    "person",
    "document",
    "account",
    "handle",
    "evidence",
    "enterprise",
    "delegation",
    "sso_session",
    "participation",
    "logout_delivery",
    "consent",
    "token_family",
    "family_revocation",
    "refresh_token",
    "access_token",
    "decoupled_request",
    "client_notice",
    "staff_session",
    "visit",
    "binding",
    "continuation",
    "receipt",
    "failed_try",
    "trace",
    "audit_event",
];

/// Who may read all of one, each with its reason.
const MAY_SCAN: &[(&str, &str)] = &[
    ("audit/seal.rs", "the check of the whole log reads all of it"),
    ("cli/doctor/logouts.rs", "a person asks at the terminal"),
    ("cli/doctor/clock.rs", "the newest row alone, by its key"),
];

/// A statement and the file it stands in, below `src`.
struct Statement {
    file: String,
    text: String,
}

#[tokio::test]
async fn no_statement_reads_the_whole_of_what_grows() {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for step in files(&root().join("migrations"), "sql") {
        db.execute(AssertSqlSafe(fs::read_to_string(step).unwrap())).await.unwrap();
    }
    let small = partial_indexes(&mut db).await;
    let (mut findings, mut explained) = (Vec::new(), 0);
    for statement in statements() {
        let Ok(plan) = plan(&mut db, &statement.text).await else { continue };
        explained += 1;
        let scans = plan.iter().filter(|step| is_scan(step, &small));
        findings.extend(scans.map(|step| format!("src/{}: {step}: {}", statement.file, statement.text)));
    }
    assert!(explained > 200, "only {explained} statements were found");
    assert!(findings.is_empty(), "\n\n{}\n", findings.join("\n\n"));
}

/// Every statement of the program that may not scan.
fn statements() -> Vec<Statement> {
    let mut all = Vec::new();
    for source in sources(&root().join("src")) {
        let file = source.path;
        if file.contains("tests") || MAY_SCAN.iter().any(|(may, _)| *may == file) {
            continue;
        }
        let program = source.text.split("#[cfg(test)]").next().unwrap();
        let said = program.split("sql!(").skip(1).filter_map(literal);
        all.extend(said.map(|text| Statement { file: file.clone(), text }));
    }
    all
}

/// The string literal this begins with.
fn literal(code: &str) -> Option<String> {
    let inside = code.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut characters = inside.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
}

/// A deletion also looks for what refers to the row; what is written here never changes a key.
async fn plan(db: &mut SqliteConnection, statement: &str) -> sqlx::Result<Vec<String>> {
    let references = if statement.starts_with("DELETE") { "ON" } else { "OFF" };
    db.execute(AssertSqlSafe(format!("PRAGMA foreign_keys = {references}"))).await?;
    let rows = db.fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).await?;
    rows.iter().map(|row| row.try_get("detail")).collect()
}

/// `SCAN table`, unless by an index that holds only what waits.
fn is_scan(step: &str, small: &[String]) -> bool {
    let mut words = step.split(' ');
    let scans = words.next() == Some("SCAN") && words.next().is_some_and(|table| GROWING.contains(&table));
    let index = step.rsplit(' ').next().unwrap_or_default();
    scans && !small.iter().any(|name| name == index)
}

async fn partial_indexes(db: &mut SqliteConnection) -> Vec<String> {
    let partial = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'";
    db.fetch_all(partial).await.unwrap().iter().map(|row| row.get("name")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
