//! Storage of its own for every test: a fresh database, and keys nobody else uses.
//!
//! `TONGYAO_TEST_STORAGE` is `sqlite` (the default: a file and memory) or `postgres` (a new database on the server
//! of `TONGYAO_TEST_DATABASE_URL`, and Redis at `TONGYAO_TEST_REDIS_URL`). `tests/run` sets all three.

use std::env;
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

/// What the tests of this run stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// SQLite in a temporary file, ephemeral state in memory.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
}

impl Storage {
    /// What `TONGYAO_TEST_STORAGE` says.
    pub fn of_this_run() -> Self {
        match env::var("TONGYAO_TEST_STORAGE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("TONGYAO_TEST_STORAGE is sqlite or postgres, not {other:?}"),
        }
    }
}

/// An empty database that only one test knows. Dropping it removes it, whoever is still connected.
pub struct FreshDatabase {
    url: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Server { admin_url: String, name: String },
}

impl FreshDatabase {
    /// An empty database of this run's kind.
    pub async fn create() -> Self {
        match Storage::of_this_run() {
            Storage::Sqlite => Self::file(),
            Storage::Postgres => Self::on_server(&required("TONGYAO_TEST_DATABASE_URL")).await,
        }
    }

    /// `sqlite:///…` or `postgres://…`, as `TONGYAO_DATABASE_URL` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn file() -> Self {
        let folder = env::temp_dir().join(unique("tongyao-test-"));
        std::fs::create_dir(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("tongyao.db").display());
        Self { url, place: Place::Folder(folder) }
    }

    async fn on_server(admin_url: &str) -> Self {
        let name = unique("tongyao_test_");
        admin(admin_url, format!("CREATE DATABASE {name}")).await.unwrap();
        let mut url = url::Url::parse(admin_url).unwrap();
        url.set_path(&name);
        Self { url: url.into(), place: Place::Server { admin_url: admin_url.to_string(), name } }
    }
}

impl Drop for FreshDatabase {
    // Best effort: what stays behind goes with the throw-away cluster.
    fn drop(&mut self) {
        match &self.place {
            Place::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Place::Server { admin_url, name } => {
                let (url, statement) =
                    (admin_url.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                // A thread of its own: the test's runtime may already be ending, and cannot be blocked on from within.
                let remove = move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                    runtime.block_on(admin(&url, statement)).map_err(std::io::Error::other)
                };
                drop(std::thread::spawn(remove).join());
            }
        }
    }
}

async fn admin(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    // The statement is a fixed word and a name made above; nothing of it comes from outside.
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

/// Where the ephemeral state of one test lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreshEphemeral {
    Memory,
    /// `key_prefix` is this test's own: everything it writes begins with it.
    Redis {
        url: String,
        key_prefix: String,
    },
}

impl FreshEphemeral {
    /// Empty ephemeral state of this run's kind.
    pub fn create() -> Self {
        match Storage::of_this_run() {
            Storage::Sqlite => Self::Memory,
            Storage::Postgres => {
                Self::Redis { url: required("TONGYAO_TEST_REDIS_URL"), key_prefix: unique("test-") + ":" }
            }
        }
    }
}

fn required(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set; run `tests/run postgres`, which starts what is needed")
    })
}

fn unique(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple())
}

#[tokio::test]
async fn a_fresh_database_is_empty_apart_and_gone_afterwards() {
    let (one, other) = (FreshDatabase::create().await, FreshDatabase::create().await);
    assert_ne!(one.url(), other.url());
    match Storage::of_this_run() {
        Storage::Sqlite => {
            let path = PathBuf::from(one.url().strip_prefix("sqlite://").unwrap());
            assert!(path.is_absolute() && path.parent().unwrap().is_dir());
            drop(one);
            assert!(!path.parent().unwrap().exists());
        }
        Storage::Postgres => {
            let mut connection = PgConnection::connect(one.url()).await.unwrap();
            connection.execute("CREATE TABLE here (id BIGINT)").await.unwrap();
            let mut elsewhere = PgConnection::connect(other.url()).await.unwrap();
            assert!(elsewhere.execute("SELECT * FROM here").await.is_err());
            let url = one.url().to_string();
            drop(one);
            assert!(PgConnection::connect(&url).await.is_err(), "the database is still there");
        }
    }
}

#[test]
fn ephemeral_state_is_each_tests_own() {
    match (FreshEphemeral::create(), FreshEphemeral::create()) {
        (FreshEphemeral::Memory, FreshEphemeral::Memory) => {
            assert_eq!(Storage::of_this_run(), Storage::Sqlite)
        }
        (FreshEphemeral::Redis { key_prefix: one, .. }, FreshEphemeral::Redis { key_prefix: other, .. }) => {
            assert_ne!(one, other);
        }
        (one, other) => panic!("{one:?} and {other:?} in the same run"),
    }
}
