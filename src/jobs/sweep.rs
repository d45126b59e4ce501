//! Removes what is over: tokens, families and sessions that nobody can use or ask about any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::sweep_clients;
use crate::app::App;
use crate::base::{Fault, Timestamp};
use crate::client;
use crate::client::dynamic::invitation;
use crate::gateway::message;
use crate::grant::{access_token, decoupled, family, notice, refresh, trace};
use crate::hall::clerk_session;
use crate::session::sso;
use crate::storage::{Db, Run, Statement};

/// Rows removed, by kind; a kind of which nothing was over is not named.
pub type Swept = BTreeMap<&'static str, u64>;

/// Rows that are over one day.
struct Kind {
    name: &'static str,
    /// How long they stay after their end.
    kept: Duration,
    /// Removes those that ended before, so many at the most; the last statement tells how many there were.
    over: fn(before: Timestamp, most: i64) -> Vec<Statement>,
}

/// Rows of one transaction: few enough that nobody waits for it.
pub(super) const BATCH: i64 = 500;
/// What is left after this many batches waits for the next sweep.
const BATCHES: usize = 1_000;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// An expired token is refused with or without its row; kept for a while, so that its use can still be explained.
const TOKENS_KEPT: Duration = DAY;
/// Nothing finds the access tokens of a family but by time: they are gone before it.
const FAMILIES_KEPT: Duration = Duration::from_secs(TOKENS_KEPT.as_secs() + access_token::LIFETIME.as_secs());
/// Longer than anything that hangs on a session: what is looked at can go.
const SESSIONS_KEPT: Duration = Duration::from_secs(32 * DAY.as_secs());
/// Longer than a family is there: what is looked at can go.
const REVOCATIONS_KEPT: Duration = Duration::from_secs(33 * DAY.as_secs());
/// A client that asks once more is told what became of its request this long after its end.
const DECOUPLED_KEPT: Duration = Duration::from_secs(3600);

/// Children before parents.
const KINDS: &[Kind] = &[
    Kind { name: "access tokens", kept: TOKENS_KEPT, over: access_token::over },
    Kind { name: "refresh tokens", kept: TOKENS_KEPT, over: refresh::over },
    Kind { name: "families", kept: FAMILIES_KEPT, over: family::over },
    Kind { name: "revocations", kept: REVOCATIONS_KEPT, over: family::revocations_over },
    Kind { name: "sessions", kept: SESSIONS_KEPT, over: sso::over },
    Kind { name: "decoupled requests", kept: DECOUPLED_KEPT, over: decoupled::over },
    Kind { name: "notices", kept: TOKENS_KEPT, over: notice::over },
    Kind { name: "messages", kept: TOKENS_KEPT, over: message::over },
    Kind { name: "staff sessions", kept: SESSIONS_KEPT, over: clerk_session::over },
    Kind { name: "traces", kept: trace::KEPT, over: trace::over },
    Kind { name: "invitations", kept: SESSIONS_KEPT, over: invitation::over },
    Kind { name: "clients", kept: TOKENS_KEPT, over: client::store::over },
];

/// One sweep.
pub async fn run_once(app: Arc<App>) -> Result<Swept, Fault> {
    sweep_clients::forget_waiting(&app).await?;
    sweep_clients::gauge(&app).await?;
    sweep_all(&app.db, app.clock.now()).await
}

async fn sweep_all(db: &Db, now: Timestamp) -> Result<Swept, Fault> {
    let mut swept = Swept::new();
    for kind in KINDS {
        let rows = sweep(db, kind, now).await?;
        if rows > 0 {
            swept.insert(kind.name, rows);
        }
    }
    Ok(swept)
}

/// A batch a transaction, until one is not full.
async fn sweep(db: &Db, kind: &Kind, now: Timestamp) -> Result<u64, Fault> {
    let mut swept = 0;
    for _ in 0..BATCHES {
        let mut removed = 0;
        let mut tx = db.begin().await?;
        for statement in (kind.over)(now - kind.kept, BATCH) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::scratch::Scratch;
    use crate::config::DatabasePlace;
    use crate::sql;
    use crate::storage::{Tally, migrate};

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
        let expected = [
            ("access tokens", 2),
            ("refresh tokens", 2),
            ("families", 2),
            ("revocations", 2),
            ("sessions", 1),
            ("staff sessions", 1),
            ("traces", 1),
        ];
        assert_eq!(swept, Swept::from(expected));
        assert_eq!(revocations(&db).await, [("family-lives".to_owned(),), ("just-ended".to_owned(),)]);
        assert_eq!(sweep_all(&db, now).await.unwrap(), Swept::new());
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
        assert_eq!(sweep_all(&db, now).await.unwrap()["access tokens"], BATCH.unsigned_abs() * 2 + 1);
        db.close().await;
    }
}
