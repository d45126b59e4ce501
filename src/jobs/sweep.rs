//! Removes what is over: tokens, families and sessions that nobody can use or ask about any more.

use std::sync::Arc;
use std::time::Duration;

use super::sweep_clients as clients;
use crate::app::App;
use crate::base::{Fault, Timestamp};
use crate::grant::{access_token, trace};
use crate::sql;
use crate::storage::{Db, Run, Statement};

/// Rows of one transaction: few enough that nobody waits for it.
pub(super) const BATCH: i64 = 500;
/// What is left after this many batches waits for the next sweep.
const BATCHES: usize = 1_000;

/// An expired token is refused with or without its row; kept for a while, so that its use can still be explained.
const TOKENS_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Longer than anything that hangs on a session: what is looked at can go.
const SESSIONS_KEPT: Duration = Duration::from_secs(32 * 24 * 3600);
/// Longer than a family is there: what is looked at can go.
const REVOCATIONS_KEPT: Duration = Duration::from_secs(33 * 24 * 3600);

/// A client that asks once more is told what became of its request this long after its end.
const DECOUPLED_KEPT: Duration = Duration::from_secs(3600);

/// Rows removed, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub access_tokens: u64,
    pub refresh_tokens: u64,
    pub families: u64,
    pub revocations: u64,
    pub sessions: u64,
    pub decoupled: u64,
    pub notices: u64,
    pub messages: u64,
    pub staff_sessions: u64,
    pub traces: u64,
    pub invitations: u64,
    pub clients: u64,
}

/// One sweep, children before parents.
pub async fn run_once(app: Arc<App>) -> Result<Swept, Fault> {
    clients::forget_waiting(&app).await?;
    clients::gauge(&app).await?;
    sweep_all(&app.db, app.clock.now()).await
}

async fn sweep_all(db: &Db, now: Timestamp) -> Result<Swept, Fault> {
    let (tokens_before, sessions_before) = (now - TOKENS_KEPT, now - SESSIONS_KEPT);
    Ok(Swept {
        access_tokens: sweep(db, || vec![access_tokens(tokens_before)]).await?,
        refresh_tokens: sweep(db, || vec![refresh_tokens(tokens_before)]).await?,
        families: sweep(db, || vec![families(tokens_before - access_token::LIFETIME)]).await?,
        revocations: sweep(db, || vec![revocations(now - REVOCATIONS_KEPT)]).await?,
        sessions: sweep(db, || sessions(sessions_before)).await?,
        decoupled: sweep(db, || vec![decoupled(now - DECOUPLED_KEPT)]).await?,
        notices: sweep(db, || vec![notices(tokens_before)]).await?,
        messages: sweep(db, || vec![messages(tokens_before)]).await?,
        staff_sessions: sweep(db, || vec![staff_sessions(sessions_before)]).await?,
        traces: sweep(db, || vec![traces(now - trace::KEPT)]).await?,
        invitations: sweep(db, || vec![clients::invitations(sessions_before)]).await?,
        clients: sweep(db, || vec![clients::deleted(tokens_before)]).await?,
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

fn decoupled(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM decoupled_request WHERE id IN (
             SELECT id FROM decoupled_request WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        BATCH,
    )
}

fn notices(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM client_notice WHERE id IN (
             SELECT id FROM client_notice WHERE settled_at < $1 ORDER BY settled_at LIMIT $2)",
        before,
        BATCH,
    )
}

/// The sandbox's inbox.
fn messages(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM sandbox_message WHERE id IN (SELECT id FROM sandbox_message WHERE at < $1 ORDER BY at LIMIT $2)",
        before,
        BATCH,
    )
}

/// A family goes when no token hangs on it. Its access tokens are gone by time: none outlives it by more than a token's
/// life, and nothing finds the tokens of a family but by looking at all of them.
fn families(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM token_family WHERE id IN (
             SELECT id FROM token_family WHERE expires_at < $1
               AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE refresh_token.family_id = token_family.id)
             ORDER BY expires_at, id LIMIT $2)",
        before,
        BATCH,
    )
}

/// The note of a revocation goes after its family, also where that was never written.
fn revocations(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM family_revocation WHERE family_id IN (
             SELECT family_id FROM family_revocation WHERE at < $1
               AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.id = family_revocation.family_id)
             ORDER BY at LIMIT $2)",
        before,
        BATCH,
    )
}

/// What a clerk did is in the audit; the session itself is only a key to the desk.
fn staff_sessions(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM staff_session WHERE id IN (
             SELECT id FROM staff_session WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)",
        before,
        BATCH,
    )
}

/// A session goes when no family hangs on it, and with it who saw it and who was told of its end. Two nodes at once may
/// choose different sessions in each statement: one that still has children stays for the next batch.
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
                   AND NOT EXISTS (SELECT 1 FROM participation WHERE participation.session_id = sso_session.id)
                   AND NOT EXISTS (SELECT 1 FROM logout_delivery WHERE logout_delivery.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            BATCH,
        ),
    ]
}

fn traces(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM trace WHERE txn IN (SELECT txn FROM trace WHERE at < $1 ORDER BY at LIMIT $2)",
        before,
        BATCH,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::scratch::Scratch;
    use crate::config::DatabasePlace;
    use crate::storage::{Tally, migrate};

    const DAY: Duration = Duration::from_secs(24 * 3600);

    async fn open() -> (Db, Scratch) {
        let folder = Scratch::open();
        let place = DatabasePlace::Sqlite(folder.join("test.db"));
        let db = Db::open(&place, Arc::new(Tally::default())).await.unwrap();
        migrate::run(&place, &db).await.unwrap();
        (db, folder)
    }

    /// A session that saw a client and was told, with a family, its tokens and the note of its revocation.
    async fn insert(db: &Db, name: &str, (family_ends, session_ends): (Timestamp, Timestamp)) {
        let digest = format!("{name}-2");
        let mut tx = db.begin().await.unwrap();
        let statements = vec![
            sql!("INSERT INTO department (id, name, level, updated_at) VALUES ('d', 'd', 'city', 0) ON CONFLICT DO NOTHING"),
            sql!(
                "INSERT INTO client (client_id, department_id, metadata, profile, consent, created_at, updated_at)
                 VALUES ('c', 'd', '{}', 'default', 'explicit', 0, 0) ON CONFLICT DO NOTHING"
            ),
            sql!("INSERT INTO person (id, name, created_at, updated_at) VALUES ('p', $1, 0, 0) ON CONFLICT DO NOTHING", vec![1u8]),
            sql!("INSERT INTO account (id, person_id, created_at, updated_at) VALUES ('a', 'p', 0, 0) ON CONFLICT DO NOTHING"),
            sql!(
                "INSERT INTO sso_session (id, secret_digest, person_id, account_id, proofs, device, created_at, expires_at)
                 VALUES ($1, $1, 'p', 'a', '[]', '', 0, $2)",
                name,
                session_ends,
            ),
            sql!(
                "INSERT INTO participation (id, session_id, client_id, first_at, last_at) VALUES ($1, $1, 'c', 0, 0)",
                name,
            ),
            sql!(
                "INSERT INTO logout_delivery (id, session_id, client_id, sid, sub, state, attempts, next_at, created_at)
                 VALUES ($1, $1, 'c', $1, 's', 'delivered', 1, 0, 0)",
                name,
            ),
            sql!(
                "INSERT INTO token_family (id, client_id, person_id, account_id, session_id, sid, scope, facts, offline, created_at, expires_at)
                 VALUES ($1, 'c', 'p', 'a', $1, $1, 'openid', '{}', 0, 0, $2)",
                name,
                family_ends,
            ),
            sql!(
                "INSERT INTO trace (txn, client_id, endpoint, refusal, steps, at) VALUES ($1, 'c', '/', 1, '[]', $2)",
                name,
                family_ends,
            ),
            sql!("INSERT INTO family_revocation (family_id, reason, at) VALUES ($1, 'test', 0)", name),
            sql!(
                "INSERT INTO refresh_token (digest, family_id, issued_at, expires_at) VALUES ($1, $1, 0, $2)",
                name,
                family_ends,
            ),
            sql!(
                "INSERT INTO access_token (digest, client_id, family_id, scope, issued_at, expires_at)
                 VALUES ($1, 'c', $2, 'openid', 0, $3)",
                digest.as_str(),
                name,
                family_ends,
            ),
        ];
        for statement in statements {
            tx.execute(statement).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn insert_staff_session(db: &Db, name: &str, ends: Timestamp) {
        let mut tx = db.begin().await.unwrap();
        tx.execute(sql!(
            "INSERT INTO staff (id, login, name, roles, created_at, updated_at)
             VALUES ('s', 's', $1, '', 0, 0) ON CONFLICT DO NOTHING",
            vec![1u8],
        ))
        .await
        .unwrap();
        tx.execute(sql!(
            "INSERT INTO staff_session (id, secret_digest, staff_id, created_at, seen_at, expires_at)
             VALUES ($1, $1, 's', 0, 0, $2)",
            name,
            ends,
        ))
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn revocations(db: &Db) -> Vec<(String,)> {
        db.read().all(sql!("SELECT family_id FROM family_revocation ORDER BY family_id")).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_over_goes_with_all_that_hangs_on_it_and_nothing_else() {
        let (db, _folder) = open().await;
        let now = Timestamp::from_seconds(1_800_000_000);
        insert(&db, "over", (now - DAY * 40, now - DAY * 33)).await;
        insert(&db, "session-kept", (now - DAY * 2, now - DAY * 31)).await;
        insert(&db, "family-lives", (now + DAY, now - DAY * 33)).await;
        insert(&db, "just-ended", (now - DAY / 2, now - DAY / 2)).await;
        insert_staff_session(&db, "over", now - DAY * 33).await;
        insert_staff_session(&db, "kept", now - DAY * 29).await;
        let swept = sweep_all(&db, now).await.unwrap();
        assert_eq!(
            swept,
            Swept {
                access_tokens: 2,
                refresh_tokens: 2,
                families: 2,
                revocations: 2,
                sessions: 1,
                staff_sessions: 1,
                traces: 1,
                ..Swept::default()
            }
        );
        assert_eq!(revocations(&db).await, [("family-lives".to_owned(),), ("just-ended".to_owned(),)]);
        assert_eq!(sweep_all(&db, now).await.unwrap(), Swept::default());
        db.close().await;
    }

    #[tokio::test]
    async fn more_than_a_batch_goes_in_one_sweep() {
        let (db, _folder) = open().await;
        let now = Timestamp::from_seconds(1_800_000_000);
        insert(&db, "kept", (now, now)).await;
        let mut tx = db.begin().await.unwrap();
        for number in 0..BATCH * 2 + 1 {
            tx.execute(sql!(
                "INSERT INTO access_token (digest, client_id, scope, issued_at, expires_at) VALUES ($1, 'c', '', 0, 0)",
                number.to_string(),
            ))
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(sweep_all(&db, now).await.unwrap().access_tokens, BATCH.unsigned_abs() * 2 + 1);
        db.close().await;
    }
}
