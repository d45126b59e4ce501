//! What to measure, for how long, and where: the command line and the environment.

use std::env;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::certificates::Files;
use crate::operations::NAMES;

const USAGE: &str = "cargo bench --bench load -- [--seconds N] [--only OPERATION] [--storage sqlite|postgres] \
     [--identities N] [--sessions N] [--against PROGRAM]";

/// The command line.
pub struct Plan {
    /// How long each operation is measured.
    pub lasting: Duration,
    /// So many people, to be compared with few.
    pub identities: Option<u64>,
    /// So many people who are signed in.
    pub sessions: Option<u64>,
    /// Another build of the program, to be measured in turns with this one.
    pub against: Option<PathBuf>,
    only: Option<String>,
    storage: Option<String>,
}

/// A kind of storage to measure on.
pub enum Stand {
    Sqlite,
    Postgres { admin_url: String, redis_url: String },
}

/// Where one server keeps its things.
pub struct Place {
    pub folder: PathBuf,
    pub database_url: String,
    pub redis_url: Option<String>,
    /// The same for every command on this database, because it is the issuer's.
    pub port: u16,
    /// With these the server speaks TLS itself.
    pub encrypted: Option<Files>,
    /// The build that is measured.
    pub program: PathBuf,
}

impl Plan {
    /// Nothing when only help was asked for.
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let lasting = Duration::from_secs(5);
        let mut plan =
            Self { lasting, identities: None, sessions: None, against: None, only: None, storage: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} wants a value; {USAGE}"));
            match argument.as_str() {
                // Cargo adds this by itself.
                "--bench" => {}
                "--seconds" => {
                    let seconds: u64 = value()?.parse().context("--seconds wants a whole number")?;
                    plan.lasting = Duration::from_secs(seconds.clamp(1, 3600));
                }
                "--identities" => {
                    plan.identities = Some(value()?.parse().context("--identities wants a whole number")?);
                }
                "--sessions" => {
                    plan.sessions = Some(value()?.parse().context("--sessions wants a whole number")?);
                }
                "--against" => plan.against = Some(std::path::absolute(value()?)?),
                "--only" => plan.only = Some(known(value()?, NAMES)?),
                "--storage" => plan.storage = Some(known(value()?, &["sqlite", "postgres"])?),
                "--help" | "-h" => {
                    println!("{USAGE}\noperations: {}", NAMES.join(", "));
                    return Ok(None);
                }
                other => bail!("{other} is not an option; {USAGE}"),
            }
        }
        if plan.against.is_some() && plan.wants_growth() {
            bail!("--against measures the ordinary operations, without --identities and --sessions; {USAGE}");
        }
        Ok(Some(plan))
    }

    /// Instead of the ordinary run.
    pub fn wants_growth(&self) -> bool {
        self.identities.is_some() || self.sessions.is_some()
    }

    pub fn wants(&self, operation: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == operation)
    }

    /// PostgreSQL only where `TONGYAO_BENCH_DATABASE_URL` and `TONGYAO_BENCH_REDIS_URL` say where it is.
    pub fn stands(&self) -> Vec<Stand> {
        let mut stands = Vec::new();
        let wanted = |name| self.storage.as_deref().is_none_or(|storage| storage == name);
        if wanted("sqlite") {
            stands.push(Stand::Sqlite);
        }
        if wanted("postgres") {
            match (postgres_url(), env::var("TONGYAO_BENCH_REDIS_URL")) {
                (Some(admin_url), Ok(redis_url)) => stands.push(Stand::Postgres { admin_url, redis_url }),
                _ => println!("PostgreSQL + Redis is left out: run tests/bench/run, which starts both"),
            }
        }
        stands
    }
}

/// The server on which the bench may make databases.
pub fn postgres_url() -> Option<String> {
    env::var("TONGYAO_BENCH_DATABASE_URL").ok()
}

fn known(value: String, values: &[&str]) -> Result<String> {
    if values.contains(&value.as_str()) {
        Ok(value)
    } else {
        bail!("{value} is none of {}", values.join(", "))
    }
}

impl Stand {
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite + memory",
            Self::Postgres { .. } => "PostgreSQL + Redis",
        }
    }

    /// An empty database and an empty folder.
    pub async fn prepare(&self) -> Result<Place> {
        let folder = fresh_folder()?;
        let (database_url, redis_url) = match self {
            Self::Sqlite => (format!("sqlite://{}", folder.join("tongyao.db").display()), None),
            Self::Postgres { admin_url, redis_url } => {
                (fresh_database(admin_url).await?, Some(redis_url.clone()))
            }
        };
        Ok(Place { folder, database_url, redis_url, port: free_port()?, encrypted: None, program: program() })
    }
}

/// The build of this run, or another that is named, such as the one with the `dist` profile.
fn program() -> PathBuf {
    env::var_os("TONGYAO_BENCH_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_tongyao").into(), PathBuf::from)
}

/// Below `target`, which is a disk: where temporary files are kept in memory a durable write costs nothing.
pub fn fresh_folder() -> Result<PathBuf> {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The address of an empty database on the server of `admin_url`.
pub async fn fresh_database(admin_url: &str) -> Result<String> {
    let name = format!("tongyao_bench_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(admin_url).await.context("connecting to PostgreSQL")?;
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    connection.close().await?;
    let mut url = url::Url::parse(admin_url)?;
    url.set_path(&name);
    Ok(url.into())
}

impl Place {
    pub fn issuer(&self) -> String {
        let scheme = if self.encrypted.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
