//! Removes what is over: tokens, families and sessions that nobody can use or ask about any more.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::base::{Fault, Timestamp};
use crate::sql;
use crate::storage::{Db, Run, Statement};

/// Rows of one transaction: few enough that nobody waits for it.
const BATCH: i64 = 500;
/// What is left after this many batches waits for the next sweep.
const BATCHES: usize = 1_000;

/// An expired token is refused with or without its row; kept for a while, so that its use can still be explained.
const TOKENS_KEPT: Duration = Duration::from_secs(24 * 3600);
/// The list of devices tells of sessions this long after their end.
const SESSIONS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Rows removed, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub access_tokens: u64,
    pub refresh_tokens: u64,
    pub families: u64,
    pub sessions: u64,
}

/// One sweep, children before parents.
pub async fn run_once(app: Arc<App>) -> Result<Swept, Fault> {
    let now = app.clock.now();
    let (tokens_before, sessions_before) = (now - TOKENS_KEPT, now - SESSIONS_KEPT);
    Ok(Swept {
        access_tokens: sweep(&app.db, || vec![access_tokens(tokens_before)]).await?,
        refresh_tokens: sweep(&app.db, || vec![refresh_tokens(tokens_before)]).await?,
        families: sweep(&app.db, || families(tokens_before)).await?,
        sessions: sweep(&app.db, || sessions(sessions_before)).await?,
    })
}

/// Runs the statements, a batch a transaction, until the last of them finds less than a batch.
async fn sweep(db: &Db, batch: impl Fn() -> Vec<Statement>) -> Result<u64, Fault> {
    let mut swept = 0;
    for _ in 0..BATCHES {
        let mut removed = 0;
        let mut tx = db.begin().await?;
        for statement in batch() {
            removed = tx.execute(statement).await?;
        }
        tx.commit().await?;
        swept += removed;
        if removed < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(swept)
}

fn access_tokens(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM access_token WHERE digest IN (
             SELECT digest FROM access_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        BATCH,
    )
}

fn refresh_tokens(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM refresh_token WHERE digest IN (
             SELECT digest FROM refresh_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        BATCH,
    )
}

/// A family goes when no token hangs on it, and the note of its revocation with it.
fn families(before: Timestamp) -> Vec<Statement> {
    vec![
        sql!(
            "DELETE FROM family_revocation WHERE family_id IN (
                 SELECT id FROM token_family WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE refresh_token.family_id = token_family.id)
                   AND NOT EXISTS (SELECT 1 FROM access_token WHERE access_token.family_id = token_family.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
        sql!(
            "DELETE FROM token_family WHERE id IN (
                 SELECT id FROM token_family WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE refresh_token.family_id = token_family.id)
                   AND NOT EXISTS (SELECT 1 FROM access_token WHERE access_token.family_id = token_family.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
    ]
}

/// A session goes when no family hangs on it, and with it who saw it and who was told of its end.
fn sessions(before: Timestamp) -> Vec<Statement> {
    vec![
        sql!(
            "DELETE FROM logout_delivery WHERE session_id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
        sql!(
            "DELETE FROM participation WHERE session_id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
        sql!(
            "DELETE FROM sso_session WHERE id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
    ]
}
