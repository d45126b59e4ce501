//! The service in this process: on storage of its own, with a clock that only the test turns.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use tongyao::app::{App, Choices, UsedKeys};
use tongyao::base::time::{Clock, ManualClock};
use tongyao::base::{Timestamp, random};
use tongyao::cli::apply::{self, Format, Report, Sandbox, Target};
use tongyao::config::Settings;
use tongyao::config::raw::Raw;
use tongyao::crypto::Keys;
use tongyao::storage::tally::Counts;

use super::browser::Browser;
use super::clerk;
use super::log;
use super::relying_party::RelyingParty;
use super::services::{FreshDatabase, FreshEphemeral};
use super::town;

pub const ISSUER: &str = "http://localhost:8000";

/// The service, its database and its time. Everything goes when it is dropped.
pub struct World {
    pub app: Arc<App>,
    pub router: Router,
    pub clock: Arc<ManualClock>,
    pub database: FreshDatabase,
}

impl World {
    /// The town of `town`.
    pub async fn new() -> Self {
        let world = Self::empty().await;
        world.apply(town::state()).await;
        world
    }

    /// The town with its halls and their clerks.
    pub async fn with_halls() -> Self {
        let world = Self::new().await;
        world.apply(clerk::halls()).await;
        world
    }

    /// The town, and clients of the test's own.
    pub async fn with_clients(clients: &[Value]) -> Self {
        let world = Self::new().await;
        world.apply(json!({ "clients": clients })).await;
        world
    }

    /// The town, with keys of its own that the test may rotate.
    pub async fn with_own_keys(clients: &[Value]) -> Self {
        let own = own_keys();
        let world = Self::set(&[("TONGYAO_KEYS_DIR", own.to_str().unwrap())]).await;
        world.apply(town::state()).await;
        world.apply(json!({ "clients": clients })).await;
        world
    }

    /// Nobody and nothing.
    pub async fn empty() -> Self {
        Self::set(&[]).await
    }

    /// The town, in an installation whose settings differ in these.
    pub async fn new_with(changes: &[(&str, &str)]) -> Self {
        let world = Self::set(changes).await;
        world.apply(town::state()).await;
        world
    }

    async fn set(changes: &[(&str, &str)]) -> Self {
        log::keep();
        // The first test of the process installs it; for the others it is there.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let database = FreshDatabase::create().await;
        let clock = Arc::new(ManualClock::at(start()));
        let (settings, redis_prefix) = settings(&database, changes);
        let random = Arc::new(random::System::default());
        let (clock_of_app, used_keys) = (clock.clone(), UsedKeys::Taken);
        let choices = Choices { clock: clock_of_app, random, redis_prefix, used_keys, ..Choices::default() };
        let app = App::open(settings, choices).await.unwrap();
        Self { router: tongyao::server::router(app.clone()), app, clock, database }
    }

    pub async fn apply(&self, state: Value) -> Report {
        let target = Target {
            db: &self.app.db,
            keys: &self.app.keys,
            passwords: &self.app.passwords,
            outgoing: &self.app.outgoing,
            sandbox: Sandbox::On,
        };
        apply::apply(&target, &self.app.moment(), &state.to_string(), Format::Json).await.unwrap()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A system of the town, by its `client_id`.
    pub fn system(&self, client_id: &str) -> RelyingParty {
        RelyingParty::of_town(self, client_id)
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The storage round trips of what `act` does.
    pub async fn trips<T>(&self, act: impl Future<Output = T>) -> (T, Counts) {
        let before = self.app.tally.counts();
        let result = act.await;
        (result, self.app.tally.counts() - before)
    }
}

fn start() -> Timestamp {
    // 2026-11-22 10:00 in China.
    Timestamp::from_seconds(1_795_312_800)
}

fn settings(database: &FreshDatabase, changes: &[(&str, &str)]) -> (Settings, String) {
    let keys = keys();
    let mut raw = Raw::default();
    let mut set = |name: &str, value: &str| raw.set(name, value.to_owned()).unwrap();
    set("TONGYAO_ISSUER", ISSUER);
    set("TONGYAO_DATABASE_URL", database.url());
    set("TONGYAO_DATA_DIR", keys.parent().unwrap().to_str().unwrap());
    set("TONGYAO_KEYS_DIR", keys.to_str().unwrap());
    set("TONGYAO_SANDBOX", "true");
    set("TONGYAO_ALLOW_LOOPBACK", "true");
    set("TONGYAO_PASSWORD_MEMORY_KIB", "8192");
    set("TONGYAO_PASSWORD_PASSES", "1");
    let prefix = match FreshEphemeral::create() {
        FreshEphemeral::Memory => String::new(),
        FreshEphemeral::Redis { url, key_prefix } => {
            set("TONGYAO_REDIS_URL", &url);
            key_prefix
        }
    };
    for (name, value) in changes {
        raw.set(name, (*value).to_owned()).unwrap();
    }
    (Settings::resolve(&raw).unwrap(), prefix)
}

/// A copy of the run's keys: the clock of another test must not decide about them.
fn own_keys() -> PathBuf {
    let own = keys().with_file_name(format!("keys-{}", uuid::Uuid::new_v4().simple()));
    tongyao::crypto::folder::KeysFolder::make(&own).unwrap();
    for file in std::fs::read_dir(keys()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), own.join(file.file_name())).unwrap();
    }
    own
}

/// One keys folder for the whole run: making RSA keys takes longer than most tests.
fn keys() -> &'static Path {
    static KEYS: OnceLock<PathBuf> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("it-{}", std::process::id()));
        let keys = folder.join("keys");
        std::fs::create_dir_all(&folder).unwrap();
        Keys::make(&keys, start(), &random::System::default()).unwrap();
        keys
    })
}
