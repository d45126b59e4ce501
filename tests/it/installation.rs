//! An installation and what opens it: the keys that belong to a database, and commands that make nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use tongyao::app::{App, Choices, OpenProblem, Redis};
use tongyao::base::Secret;
use tongyao::config::{DatabasePlace, Settings};
use tongyao::gateway::{CardReaders, card_reader};
use tongyao::storage::Db;
use tongyao::storage::migrate::{self, SchemaProblem};

use crate::support::World;
use crate::support::look::Look;
use crate::support::services::{FreshDatabase, Storage};

/// A used installation that was shut down.
struct Closed {
    world: World,
    keys: PathBuf,
}

impl Closed {
    async fn used() -> Self {
        let world = World::with_own_keys(&[]).await;
        world.app.close().await;
        let keys = world.app.settings.keys_dir.clone();
        Self { world, keys }
    }

    async fn start(&self) -> Result<(), String> {
        ended(App::open(self.world.app.settings.clone(), self.choices()).await).await
    }

    /// As a command opens it.
    async fn look(&self) -> Result<(), String> {
        ended(App::open_as_it_is(self.world.app.settings.clone(), self.choices()).await).await
    }

    fn choices(&self) -> Choices {
        Choices { clock: self.world.clock.clone(), ..Choices::default() }
    }

    async fn change(&self, statement: &str) -> u64 {
        Look::at(&self.world).await.change(statement).await
    }
}

async fn ended(opened: Result<Arc<App>, OpenProblem>) -> Result<(), String> {
    match opened {
        Ok(app) => {
            app.close().await;
            Ok(())
        }
        Err(problem) => Err(problem.to_string()),
    }
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
    names.sort();
    names
}

const SYMMETRIC: [&str; 4] = ["seal-1.key", "fingerprint-1.key", "pairwise.key", "mac.key"];

#[tokio::test]
async fn a_lost_key_stops_the_start_and_is_not_made_again() {
    let closed = Closed::used().await;
    for name in SYMMETRIC {
        let (file, away) = (closed.keys.join(name), closed.keys.with_extension("away"));
        fs::rename(&file, &away).unwrap();
        let told = closed.start().await.unwrap_err();
        assert!(told.contains(&format!("lacks {name}")) && told.contains("backup"), "{told}");
        assert!(closed.look().await.is_err());
        assert!(!file.exists(), "{name}");
        fs::rename(&away, &file).unwrap();
    }
    assert_eq!(closed.start().await, Ok(()));
}

#[tokio::test]
async fn another_sealing_key_is_not_taken_for_ours() {
    let closed = Closed::used().await;
    fs::copy(closed.keys.join("mac.key"), closed.keys.join("seal-1.key")).unwrap();
    let told = closed.start().await.unwrap_err();
    assert!(told.contains("seal-1.key") && told.contains("is not the one"), "{told}");
}

#[tokio::test]
async fn a_sealing_key_may_be_added_and_belongs_from_then_on() {
    let closed = Closed::used().await;
    let second = closed.keys.join("seal-2.key");
    fs::copy(closed.keys.join("mac.key"), &second).unwrap();
    // A command that only looks leaves no trace of it.
    assert_eq!(closed.look().await, Ok(()));
    fs::remove_file(&second).unwrap();
    assert_eq!(closed.look().await, Ok(()));
    fs::copy(closed.keys.join("mac.key"), &second).unwrap();
    assert_eq!(closed.start().await, Ok(()));
    fs::remove_file(&second).unwrap();
    let told = closed.start().await.unwrap_err();
    assert!(told.contains("lacks seal-2.key"), "{told}");
}

#[tokio::test]
async fn a_database_of_an_older_program_comes_to_know_its_keys() {
    let closed = Closed::used().await;
    assert_eq!(closed.change("DELETE FROM installation WHERE name LIKE 'key:%'").await, 4);
    let (file, away) = (closed.keys.join("seal-1.key"), closed.keys.with_extension("away"));
    fs::rename(&file, &away).unwrap();
    let told = closed.start().await.unwrap_err();
    assert!(told.contains("lacks seal-1.key"), "{told}");
    fs::rename(&away, &file).unwrap();
    assert_eq!(closed.start().await, Ok(()));
    assert_eq!(closed.change("DELETE FROM installation WHERE name LIKE 'key:%'").await, 4);
}

#[tokio::test]
async fn a_refused_start_leaves_the_keys_folder_as_it_was() {
    let closed = Closed::used().await;
    let away = closed.keys.with_extension("away");
    fs::rename(&closed.keys, &away).unwrap();
    for told in [closed.start().await.unwrap_err(), closed.look().await.unwrap_err()] {
        assert!(told.contains("is missing; it belongs to this database"), "{told}");
        assert!(!closed.keys.exists());
    }
    // Those of another installation, without its key pairs: none is made beside them.
    let other = World::with_own_keys(&[]).await;
    fs::create_dir(&closed.keys).unwrap();
    fs::set_permissions(&closed.keys, fs::Permissions::from_mode(0o700)).unwrap();
    for name in SYMMETRIC {
        fs::copy(away.join(name), closed.keys.join(name)).unwrap();
    }
    fs::copy(other.app.settings.keys_dir.join("seal-1.key"), closed.keys.join("pairwise.key")).unwrap();
    let before = files(&closed.keys);
    let told = closed.start().await.unwrap_err();
    assert!(told.contains("does not belong to this database"), "{told}");
    assert_eq!(files(&closed.keys), before);
}

#[tokio::test]
async fn a_key_pair_that_is_lost_is_made_by_the_service_alone() {
    let closed = Closed::used().await;
    let pair = files(&closed.keys).into_iter().find(|name| name.ends_with(".signing.json")).unwrap();
    fs::remove_file(closed.keys.join(pair)).unwrap();
    let before = files(&closed.keys);
    assert_eq!(closed.look().await, Ok(()));
    assert_eq!(files(&closed.keys), before);
    assert_eq!(closed.start().await, Ok(()));
    assert_eq!(files(&closed.keys).len(), before.len() + 1);
}

#[tokio::test]
async fn what_only_looks_migrates_nothing() {
    let closed = Closed::used().await;
    let newest = tongyao::storage::migrate::known();
    closed.change(&format!("DELETE FROM _sqlx_migrations WHERE version = {newest}")).await;
    let app = App::open_as_it_is(closed.world.app.settings.clone(), closed.choices()).await;
    let problem = app.err().unwrap();
    assert!(matches!(problem, OpenProblem::Schema(SchemaProblem::Older { .. })), "{problem}");
    assert!(problem.to_string().contains("tongyao migrate"), "{problem}");
    let steps = format!("SELECT COUNT(*) FROM _sqlx_migrations WHERE version = {newest}");
    assert_eq!(Look::at(&closed.world).await.number(&steps).await, 0);
    closed.change("DROP TABLE _sqlx_migrations").await;
    let told = closed.look().await.unwrap_err();
    assert!(told.contains("no tables of ours"), "{told}");
}

#[tokio::test]
async fn a_database_without_keys_gets_none_from_a_look() {
    let closed = Closed::used().await;
    closed.change("DELETE FROM installation").await;
    let told = closed.look().await.unwrap_err();
    assert!(told.contains("no keys yet"), "{told}");
    // The keys folder has a database, which this is not.
    let told = closed.start().await.unwrap_err();
    assert!(told.contains("is new"), "{told}");
}

/// The settings lost the address of the database, or name a server that was set up anew.
#[tokio::test]
async fn keys_in_use_make_no_second_empty_installation() {
    let closed = Closed::used().await;
    let other = FreshDatabase::create().await;
    let database = match other.url().strip_prefix("sqlite://") {
        Some(path) => DatabasePlace::Sqlite(PathBuf::from(path)),
        None => DatabasePlace::Postgres(Secret::new(other.url())),
    };
    let settings = Settings { database: database.clone(), ..closed.world.app.settings.clone() };
    let before = files(&closed.keys);
    let start = || async { ended(App::open(settings.clone(), closed.choices()).await).await };
    let told = start().await.unwrap_err();
    assert!(told.contains("is new") && told.contains("TONGYAO_DATABASE_URL"), "{told}");
    assert!(!told.contains("postgres://"), "{told}");
    assert!(database.is_missing() || matches!(database, DatabasePlace::Postgres(_)), "nothing is made");
    // Tables alone make no installation.
    let db = Db::open(&database, Arc::default()).await.unwrap();
    assert!(migrate::is_absent(&db).await, "nothing was made");
    migrate::run(&database, &db).await.unwrap();
    db.close().await;
    assert!(start().await.unwrap_err().contains("is new"));
    assert_eq!(files(&closed.keys), before);
    // Keys that no database has noted are an installation's that was not begun, or was cut off before.
    for pair in before.iter().filter(|name| name.ends_with(".json")) {
        fs::remove_file(closed.keys.join(pair)).unwrap();
    }
    assert_eq!(start().await, Ok(()));
    assert_eq!(files(&closed.keys).len(), before.len());
}

#[tokio::test]
async fn a_simulated_readers_signature_counts_at_every_node() {
    let closed = Closed::used().await;
    let node = || async {
        let choices = Choices { redis: Redis::WhenNeeded, ..closed.choices() };
        App::open(closed.world.app.settings.clone(), choices).await.unwrap()
    };
    let (one, other) = (node().await, node().await);
    let CardReaders::Simulated(signer) = &one.readers else { panic!("no sandbox") };
    let card =
        serde_json::json!({"id_type": "resident_id", "id_number": "11010519491231002X", "name": "张三"});
    let now = closed.world.now();
    let reading = serde_json::json!({"nonce": "n", "iat": now.seconds(), "device": "r1", "card": card});
    let signed = signer.sign(card_reader::TYPE, &reading).unwrap();
    assert!(other.readers.check(now, "n", &signed).is_ok());
    one.close().await;
    other.close().await;
    // Another installation's sandbox has another one.
    let keys = std::env::temp_dir().join(format!("tongyao-test-{}", uuid::Uuid::new_v4().simple()));
    let stranger = World::new_with(&[("TONGYAO_KEYS_DIR", keys.to_str().unwrap())]).await;
    assert!(stranger.app.readers.check(now, "n", &signed).is_err());
    drop(fs::remove_dir_all(keys));
}

/// The program itself, on the installation in a folder of this name.
pub fn tongyao(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongyao"));
    // Settings of whoever runs the tests are not ours.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TONGYAO_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("TONGYAO_ISSUER", "http://localhost:8000").env("TONGYAO_DATA_DIR", data);
    command.stdin(Stdio::null());
    command
}

fn refusal(output: &Output) -> String {
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!((told.lines().count(), output.stdout.len()), (1, 0), "{told}");
    told
}

#[test]
fn a_command_in_an_empty_place_says_so_and_leaves_it_empty() {
    let place = std::env::temp_dir().join(format!("tongyao-test-{}", uuid::Uuid::new_v4().simple()));
    let (data, state) = (place.join("data"), concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/state.json"));
    let commands: [&[&str]; 7] = [
        &["clients", "list"],
        &["clients", "invite", "--department", "data"],
        &["sessions", "list", "somebody"],
        &["audit", "verify"],
        &["trace", "some-txn"],
        &["keys", "list"],
        &["keys", "rotate", "RS256"],
    ];
    for arguments in commands {
        let told = refusal(&tongyao(&data, arguments).output().unwrap());
        assert!(told.contains("start the service once"), "{arguments:?}: {told}");
        assert!(!place.exists(), "{arguments:?}");
    }
    // What would be made there can be shown, and is not made.
    let plan = tongyao(&data, &["apply", "--plan", state]).output().unwrap();
    let told = String::from_utf8(plan.stdout).unwrap();
    assert!(plan.status.success() && told.contains("+ department city"), "{told}");
    assert!(!place.exists());
}

/// The order of the guide: migrate, look, apply.
#[tokio::test]
async fn a_plan_is_shown_wherever_nothing_is_on_record_yet() {
    let database = FreshDatabase::create().await;
    let place = std::env::temp_dir().join(format!("tongyao-test-{}", uuid::Uuid::new_v4().simple()));
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/state.json");
    let told = |arguments: &[&str]| {
        let mut command = tongyao(&place, arguments);
        let output = command.env("TONGYAO_DATABASE_URL", database.url()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let plan = told(&["apply", "--plan", state]);
    assert!(plan.contains("+ department city"), "{plan}");
    told(&["migrate"]);
    assert_eq!(told(&["apply", "--plan", state]), plan);
    assert!(!place.exists(), "a plan makes no keys");
    assert_eq!(told(&["apply", state]), plan);
    assert!(told(&["apply", "--plan", state]).contains("changes: 0"));
    fs::remove_dir_all(place).unwrap();
}

impl Closed {
    /// The doctor's table, which must not be all well.
    fn doctor(&self) -> String {
        let doctor = self.command(&["doctor"]).output().unwrap();
        assert!(!doctor.status.success());
        String::from_utf8(doctor.stdout).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tongyao(&self.world.app.settings.data_dir, arguments);
        command.env("TONGYAO_KEYS_DIR", &self.keys);
        command.env("TONGYAO_DATABASE_URL", self.world.database.url());
        command
    }
}

/// What `serve` says when it does not start, `doctor` says before.
#[tokio::test]
async fn the_doctor_sees_a_schema_that_stops_the_start() {
    let closed = Closed::used().await;
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/first-client.json");
    let half_done = "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 3";
    let other = match Storage::of_this_run() {
        Storage::Sqlite => "UPDATE _sqlx_migrations SET success = TRUE, checksum = X'00' WHERE version = 3",
        Storage::Postgres => {
            "UPDATE _sqlx_migrations SET success = TRUE, checksum = '\\x00' WHERE version = 3"
        }
    };
    for (change, what) in
        [(half_done, "step 3 was begun and not finished"), (other, "step 3 in the database differs")]
    {
        assert_eq!(closed.change(change).await, 1);
        let told = closed.start().await.unwrap_err();
        assert!(told.contains(what) && told.contains("restore a backup"), "{told}");
        let told = closed.doctor();
        assert!(told.contains(&format!("PROBLEM  database   schema {what}")), "{told}");
        let told = refusal(&closed.command(&["apply", "--plan", state]).output().unwrap());
        assert!(told.contains(what), "{told}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told_with_what_to_do() {
    let closed = Closed::used().await;
    let url = closed.world.database.url().to_owned();
    let (settings, expected) = match url.strip_prefix("sqlite://") {
        Some(path) => {
            fs::write(path, "no database ".repeat(1000)).unwrap();
            (closed.world.app.settings.clone(), "restore a backup")
        }
        None => {
            let mut url = url::Url::parse(&url).unwrap();
            url.set_path("tongyao_of_nobody");
            let database = DatabasePlace::Postgres(Secret::new(url.as_str()));
            (Settings { database, ..closed.world.app.settings.clone() }, "correct its name")
        }
    };
    let told = ended(App::open(settings.clone(), closed.choices()).await).await.unwrap_err();
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains("running") && !told.contains("at line"), "{told}");
    if Storage::of_this_run() == Storage::Sqlite {
        let told = closed.doctor();
        assert!(told.contains("PROBLEM  database") && told.contains(expected), "{told}");
        assert!(!told.contains("is the server"), "{told}");
    }
}

#[tokio::test]
async fn a_command_does_not_mistake_an_empty_place_for_the_installation_of_its_keys() {
    let closed = Closed::used().await;
    let place = std::env::temp_dir().join(format!("tongyao-test-{}", uuid::Uuid::new_v4().simple()));
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/state.json");
    let run = |arguments: &[&str]| {
        tongyao(&place, arguments).env("TONGYAO_KEYS_DIR", &closed.keys).output().unwrap()
    };
    for arguments in [&["apply", state][..], &["apply", "--plan", state], &["migrate"], &["serve"]] {
        let told = refusal(&run(arguments));
        assert!(told.contains("is new"), "{arguments:?}: {told}");
        assert!(!place.exists(), "{arguments:?}");
    }
    let doctor = run(&["doctor"]);
    let told = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        !doctor.status.success() && told.contains("PROBLEM  database") && told.contains("is new"),
        "{told}"
    );
    assert!(!told.contains("belong to this database"), "{told}");
}

/// What has to be done in an outage of Redis must be possible in it.
#[tokio::test]
async fn a_command_that_needs_nothing_of_redis_works_without_it() {
    let closed = Closed::used().await;
    let settings = &closed.world.app.settings;
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/first-client.json");
    let commands: [&[&str]; 5] = [
        &["clients", "list"],
        &["clients", "disable", "portal"],
        &["sessions", "list", "nobody"],
        &["apply", "--plan", state],
        &["apply", state],
    ];
    for arguments in commands {
        let output = tongyao(&settings.data_dir, arguments)
            .env("TONGYAO_KEYS_DIR", &closed.keys)
            .env("TONGYAO_DATABASE_URL", closed.world.database.url())
            .env("TONGYAO_REDIS_URL", "redis://127.0.0.1:1/")
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!told.contains("Redis"), "{arguments:?}: {told}");
        assert!(output.status.success() || told.contains("nobody signs in"), "{arguments:?}: {told}");
    }
    let away = Settings { redis: Some(Secret::new("redis://127.0.0.1:1/")), ..settings.clone() };
    let told = ended(App::open(away, closed.choices()).await).await.unwrap_err();
    assert!(told.contains("TONGYAO_REDIS_URL"), "{told}");
}

#[tokio::test]
async fn what_could_not_be_printed_is_no_success() {
    if Storage::of_this_run() != Storage::Sqlite {
        return;
    }
    let closed = Closed::used().await;
    let settings = &closed.world.app.settings;
    let run = |arguments: &[&str]| {
        let mut command = tongyao(&settings.data_dir, arguments);
        command
            .env("TONGYAO_KEYS_DIR", &closed.keys)
            .env("TONGYAO_DATABASE_URL", closed.world.database.url());
        command.stderr(Stdio::piped());
        command
    };
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let told =
        refusal(&run(&["clients", "list"]).stdout(full()).spawn().unwrap().wait_with_output().unwrap());
    assert!(told.contains("could not be printed"), "{told}");
    let rotate = ["clients", "rotate-secret", "portal"];
    let told = refusal(&run(&rotate).stdout(full()).spawn().unwrap().wait_with_output().unwrap());
    assert!(told.contains("could not be printed") && told.contains("rotate-secret portal"), "{told}");
    let output = run(&rotate).stdout(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.len() > 20, "{output:?}");

    // A reader that has seen enough is none of our business.
    let mut gone = run(&["clients", "list"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(gone.stdout.take());
    assert!(gone.wait().unwrap().success());

    closed.change("DELETE FROM audit_event").await;
    closed.change("DELETE FROM audit_seal").await;
    let told = refusal(&run(&["audit", "verify"]).output().unwrap());
    assert!(told.contains("is empty: no event was ever recorded"), "{told}");
}
