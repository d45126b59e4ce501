//! What load balancers and operators ask.

use std::sync::Arc;

use http::StatusCode;
use tongyao::sql;
use tongyao::storage::{Ephemeral, Run, Tally};

use crate::support::World;
use crate::support::look::Look;
use crate::support::services::{FreshEphemeral, Storage};
use crate::support::wire::Call;

#[tokio::test]
async fn a_working_service_is_live_and_ready() {
    let world = World::new().await;
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = Call::get(path).send(&world.router).await;
        assert_eq!(answer.good()["status"], status);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn without_its_database_it_lives_but_is_not_ready() {
    let world = World::new().await;
    world.app.close().await;
    let ready = Call::get("/health/ready").send(&world.router).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (&ready.json()["status"], &ready.json()["parts"]["database"]),
        (&"not_ready".into(), &"away".into())
    );
    assert_eq!(Call::get("/health/live").send(&world.router).await.status, StatusCode::OK);
    // A page says so, in words for people, and when to come again.
    let mut browser = world.browser();
    browser.set_cookie("tongyao_session", &"A".repeat(43));
    let page = browser.get("/account/").await;
    assert_eq!((page.name().as_str(), page.status()), ("error", 503));
    assert!(page.answer.header("retry-after").is_some());
    assert!(page.text().contains("服务暂时不可用"), "{}", page.text());
    let english = browser.speaking("en").get("/account/").await;
    assert!(english.text().contains("not available right now"), "{}", english.text());
}

#[tokio::test]
async fn a_service_that_is_about_to_end_says_so_and_serves_on() {
    let world = World::new().await;
    let ask = |path| Call::get(path).send(&world.router);
    assert_eq!(ask("/health/ready").await.header("connection"), None);
    world.app.leaving.begin();
    let ready = ask("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["status"]), (StatusCode::SERVICE_UNAVAILABLE, &"leaving".into()));
    for path in ["/oidc/jwks", "/health/live", "/sign-in"] {
        let served = ask(path).await;
        assert_eq!((served.status, served.header("connection")), (StatusCode::OK, Some("close")), "{path}");
    }
}

#[tokio::test]
async fn a_database_that_refuses_what_is_written_is_away_until_it_takes_it() {
    let world = World::new().await;
    let refusing = Refusing::begin(&world).await;
    assert!(write(&world).await.is_err());
    for _ in 0..20 {
        let ready = Call::get("/health/ready").send(&world.router).await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE, "{}", ready.body);
        assert_eq!(ready.json()["parts"]["ephemeral"], "ready");
    }
    refusing.end().await;
    // A connection that was cut shows once: as many of them as the pool holds.
    let mut answers = Vec::new();
    while answers.last() != Some(&StatusCode::OK) {
        answers.push(Call::get("/health/ready").send(&world.router).await.status);
        assert!(answers.len() < 20, "{answers:?}");
    }
    write(&world).await.unwrap();
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM installation WHERE name = 'written'").await, 0);
}

async fn write(world: &World) -> Result<(), tongyao::base::Fault> {
    let mut tx = world.app.db.begin().await?;
    tx.execute(sql!("DELETE FROM installation WHERE name = 'nothing'")).await?;
    tx.commit().await
}

/// A database that answers every question and takes nothing.
struct Refusing(Look);

impl Refusing {
    async fn begin(world: &World) -> Self {
        let mut look = Look::at(world).await;
        match Storage::of_this_run() {
            Storage::Sqlite => {
                let mut tx = world.app.db.begin().await.unwrap();
                tx.execute(sql!("PRAGMA busy_timeout = 0")).await.unwrap();
                tx.commit().await.unwrap();
                look.change("BEGIN IMMEDIATE").await;
            }
            Storage::Postgres => read_only(&mut look, "SET default_transaction_read_only = on").await,
        }
        Self(look)
    }

    async fn end(mut self) {
        match Storage::of_this_run() {
            Storage::Sqlite => drop(self.0.change("ROLLBACK").await),
            Storage::Postgres => read_only(&mut self.0, "RESET default_transaction_read_only").await,
        }
    }
}

/// Of PostgreSQL: for every connection but this one, which is older.
async fn read_only(look: &mut Look, how: &str) {
    let all = format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {how}', current_database()); END $$");
    look.change(&all).await;
    let others = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    look.number(others).await;
}

#[tokio::test]
async fn a_redis_that_only_reads_or_runs_no_scripts_is_away() {
    let FreshEphemeral::Redis { url, key_prefix } = FreshEphemeral::create() else { return };
    let mut admin =
        redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    for (rule, works) in [("+@all", true), ("-@write", false), ("-@scripting", false)] {
        let user = key_prefix.trim_end_matches(':');
        let rules = ["SETUSER", user, "reset", "on", ">word", "~*", "+@all", rule];
        redis::cmd("ACL").arg(&rules).exec_async(&mut admin).await.unwrap();
        let url = format!("{url}?user={user}&pass=word");
        let ephemeral = Ephemeral::in_redis(&url, &key_prefix, Arc::new(Tally::default())).await.unwrap();
        assert_eq!(ephemeral.ping().await.is_ok(), works, "{rule}");
    }
}
