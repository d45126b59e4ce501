//! The parts of the service, chosen once: everything that differs between production, demo and test is decided here.

mod belonging;
mod redis_manner;
pub mod writing;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::base::random::{self, Random};
use crate::base::time::{Clock, SystemClock};
use crate::base::{Fault, Moment, Timestamp};
use crate::client::logo::Logos;
use crate::client::{Authenticator, Clients, Trust};
use crate::config::{DatabasePlace, Settings};
use crate::crypto::Keys;
use crate::crypto::certificate::{AuthoritiesProblem, ClientAuthorities};
use crate::crypto::keystore::KeyStoreProblem;
use crate::crypto::mac::Purpose;
use crate::crypto::password::{Cost, PasswordPool};
use crate::crypto::signer::Signer;
use crate::disk;
use crate::gateway::guard::{Guard, Reach};
use crate::gateway::{CardReaders, Messages, Outgoing};
use crate::storage::migrate::{self, SchemaProblem};
use crate::storage::{Db, Ephemeral, Tally, advice, with_advice};

pub use belonging::{Kept, UsedKeys, kept, open_kept_keys, refuse_new_database};
pub use redis_manner::examine_redis;

/// The running service, shared by every request.
pub struct App {
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub tally: Arc<Tally>,
    pub db: Db,
    pub ephemeral: Ephemeral,
    pub keys: Arc<Keys>,
    pub passwords: PasswordPool,
    pub clients: Arc<Clients>,
    pub authenticator: Authenticator,
    pub outgoing: Outgoing,
    pub logos: Logos,
    pub readers: CardReaders,
    pub wake: Wake,
    /// The same for notices to clients (CIBA).
    pub notices: Wake,
    pub leaving: Leaving,
    /// How citizens are reached on their phones.
    pub messages: Messages,
}

/// Rung when there is something to do at once and not at the next round: a logout was queued.
#[derive(Default)]
pub struct Wake(Notify);

/// Whether the service is about to end, so that those who send requests send them elsewhere.
#[derive(Default)]
pub struct Leaving(AtomicBool);

/// What a test or a command chooses otherwise than the service.
pub struct Choices {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// Put before every key in Redis, so that services sharing one do not meet.
    pub redis_prefix: String,
    pub redis: Redis,
    pub used_keys: UsedKeys,
}

/// When Redis, if there is one, is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redis {
    /// It must answer now.
    AtOnce,
    WhenNeeded,
}

/// What opening may do to an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// Make what is not there yet, and bring the schema up to date.
    Making,
    /// The same, but the keys are those of a database that is there already.
    Continuing,
    /// Nothing: it must be there, with this program's schema.
    AsItIs,
}

/// Why the service cannot start; one line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenProblem {
    #[error("the data folder {}: {cause}{}", path.display(), disk::advice(path, cause))]
    DataDir { path: PathBuf, cause: std::io::Error },
    #[error(
        "there is no database at {}: start the service once (tongyao serve), or name the right settings with --config",
        .0.display()
    )]
    NoDatabase(PathBuf),
    #[error("this database has no keys yet: start the service once (tongyao serve)")]
    NoKeysYet,
    #[error(transparent)]
    Keys(#[from] KeyStoreProblem),
    #[error(transparent)]
    Schema(#[from] SchemaProblem),
    #[error(transparent)]
    ClientAuthorities(#[from] AuthoritiesProblem),
    #[error(
        "the keys folder {0} does not belong to this database: set TONGYAO_KEYS_DIR to the folder this database was made with"
    )]
    OtherKeys(String),
    #[error(
        "the keys folder {folder} belongs to a database that is in use, and {database} is new: set TONGYAO_DATABASE_URL to \
         the database it belongs to, or restore that one from the backup; a second installation needs another \
         TONGYAO_KEYS_DIR"
    )]
    NewDatabase { folder: String, database: DatabasePlace },
    #[error(
        "{name} in the keys folder {folder} is not the one this database was made with: restore it from the backup"
    )]
    OtherKey { name: String, folder: String },
    #[error("{0:?}: {advice}", advice = advice(.0).unwrap_or(REACH_SERVER))]
    Database(Fault),
    #[error("{0:?}: {advice}", advice = advice(.0).unwrap_or(NAME_FILE))]
    DatabaseFile(Fault),
    #[error("{0:?}: is the server of TONGYAO_REDIS_URL running, and may this machine reach it?")]
    Redis(Fault),
    #[error(
        "TONGYAO_REDIS_URL names a Redis Cluster, whose scripts may not touch what ours do: name a single Redis; a replica of it \
         may stand by behind the same address"
    )]
    RedisCluster,
    #[error("{}", with_advice(.0))]
    Fault(#[from] Fault),
}

const REACH_SERVER: &str =
    "is the server of TONGYAO_DATABASE_URL running, and may this machine and user reach it?";
const NAME_FILE: &str = "TONGYAO_DATABASE_URL must name a database of ours, in a folder this user may write";

impl OpenProblem {
    /// Whether all that is missing is what the first start makes: no database, no tables of ours in it, or tables (`migrate`
    /// was there) and nothing in them yet.
    pub fn is_of_an_empty_place(&self) -> bool {
        matches!(
            self,
            OpenProblem::NoDatabase(_) | OpenProblem::NoKeysYet | OpenProblem::Schema(SchemaProblem::Absent)
        )
    }

    /// That the database does not open or answer, and what to do where it is.
    pub fn of_database(place: &DatabasePlace, fault: Fault) -> Self {
        match place {
            DatabasePlace::Sqlite(_) => OpenProblem::DatabaseFile(fault),
            DatabasePlace::Postgres(_) => OpenProblem::Database(fault),
        }
    }
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(random::System::default()),
            redis_prefix: "tongyao:".to_owned(),
            redis: Redis::AtOnce,
            used_keys: UsedKeys::Refused,
        }
    }
}

impl App {
    /// Opens everything, makes what is not there yet and brings the schema up to date.
    pub async fn open(settings: Settings, choices: Choices) -> Result<Arc<Self>, OpenProblem> {
        // Before the database is looked at: another node may make both at this moment.
        let opening = match choices.used_keys {
            UsedKeys::Refused if belonging::in_use(&settings.keys_dir) => Opening::Continuing,
            _ => Opening::Making,
        };
        if opening == Opening::Continuing && settings.database.is_missing() {
            return Err(belonging::new_database(&settings));
        }
        disk::make_folder(&settings.data_dir)
            .map_err(|cause| OpenProblem::DataDir { path: settings.data_dir.clone(), cause })?;
        Self::open_with(settings, choices, opening).await
    }

    /// Opens an installation that is there, and makes and migrates nothing: a command that looks at the wrong place or
    /// comes with the wrong program must leave it as it was.
    pub async fn open_as_it_is(settings: Settings, choices: Choices) -> Result<Arc<Self>, OpenProblem> {
        if let DatabasePlace::Sqlite(path) = &settings.database
            && settings.database.is_missing()
        {
            return Err(OpenProblem::NoDatabase(path.clone()));
        }
        Self::open_with(settings, choices, Opening::AsItIs).await
    }

    async fn open_with(
        settings: Settings,
        choices: Choices,
        opening: Opening,
    ) -> Result<Arc<Self>, OpenProblem> {
        let Choices { clock, random, redis_prefix, redis, used_keys: _ } = choices;
        let tally = Arc::new(Tally::default());
        let db = Db::open(&settings.database, tally.clone())
            .await
            .map_err(|fault| OpenProblem::of_database(&settings.database, fault))?;
        if opening == Opening::Continuing && migrate::is_absent(&db).await {
            return Err(belonging::new_database(&settings));
        }
        match opening {
            Opening::Making | Opening::Continuing => migrate::run(&settings.database, &db).await?,
            Opening::AsItIs => migrate::check(&db).await?,
        }
        let keys = Arc::new(open_keys(&db, &settings, (clock.now(), &*random), opening).await?);
        let ephemeral = match &settings.redis {
            Some(url) => in_redis((url.expose(), &redis_prefix), redis, tally.clone()).await?,
            None => Ephemeral::in_process(clock.clone(), tally.clone()),
        };
        let outgoing = Outgoing::new(guard(&settings), settings.extra_ca.as_deref())?;
        let clients = Arc::new(Clients::new(db.clone(), clock.clone()));
        let authenticator = Authenticator {
            clients: clients.clone(),
            keys: keys.clone(),
            ephemeral: ephemeral.clone(),
            trust: Trust::new(outgoing.clone()),
            issuer: settings.issuer.clone(),
            mutual_tls: settings.mtls_url.clone(),
            authorities: settings.client_ca.as_deref().map(ClientAuthorities::read).transpose()?,
        };
        let cost = Cost { memory_kib: settings.password_memory_kib, passes: settings.password_passes };
        Ok(Arc::new(Self {
            passwords: PasswordPool::start(cores(), cost)?,
            readers: readers(&settings, &keys)?,
            clock,
            random,
            tally,
            db,
            ephemeral,
            keys,
            clients,
            authenticator,
            logos: Logos::new(outgoing.clone()),
            outgoing,
            messages: if settings.sandbox { Messages::SandboxInbox } else { Messages::Absent },
            settings,
            wake: Wake::default(),
            notices: Wake::default(),
            leaving: Leaving::default(),
        }))
    }

    /// A moment of the service itself, for jobs and commands.
    pub fn moment(&self) -> Moment {
        Moment::of_system(self.clock.now(), self.random.clone())
    }

    pub async fn close(&self) {
        self.db.close().await;
    }
}

impl Wake {
    /// After the transaction that queued something is committed.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Resolves when it was rung since the last time.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

impl Leaving {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What the database was made with is looked at before a key is made: a start that is refused leaves the folder as it
/// was, and a key that is lost is asked for and not replaced by one that opens nothing.
async fn open_keys(
    db: &Db,
    settings: &Settings,
    (now, random): (Timestamp, &dyn Random),
    opening: Opening,
) -> Result<Keys, OpenProblem> {
    let folder = &settings.keys_dir;
    let keys = match (belonging::kept(db).await?, opening) {
        (Some(kept), _) => belonging::open_kept_keys(&kept, folder, now)?,
        (None, Opening::AsItIs) => return Err(OpenProblem::NoKeysYet),
        (None, Opening::Continuing) => return Err(belonging::new_database(settings)),
        (None, Opening::Making) => {
            Keys::make_symmetric(folder, random).map_err(KeyStoreProblem::from)?;
            Keys::open(folder, now)?
        }
    };
    if opening != Opening::AsItIs {
        belonging::note(db, &keys, folder).await?;
        keys.complete(now)?;
    }
    Ok(keys)
}

async fn in_redis(
    (url, prefix): (&str, &str),
    redis: Redis,
    tally: Arc<Tally>,
) -> Result<Ephemeral, OpenProblem> {
    if redis == Redis::WhenNeeded {
        return Ephemeral::in_redis_when_needed(url, prefix, tally).map_err(OpenProblem::Redis);
    }
    let ephemeral = Ephemeral::in_redis(url, prefix, tally).await.map_err(OpenProblem::Redis)?;
    if let Some(warning) = examine_redis(&ephemeral).await? {
        tracing::warn!("{warning}");
    }
    Ok(ephemeral)
}

fn guard(settings: &Settings) -> Guard {
    let reach = if settings.allow_loopback { Reach::PublicAndLoopback } else { Reach::Public };
    Guard::new(reach, &settings.intranet)
}

fn readers(settings: &Settings, keys: &Keys) -> Result<CardReaders, Fault> {
    if settings.sandbox && settings.reader_keys.is_none() {
        // A reading of one node counts at every other one, and after a restart.
        let signer = Signer::of_seed(&keys.mac.derive(Purpose::SimulatedReader))?;
        return Ok(CardReaders::Simulated(Arc::new(signer)));
    }
    CardReaders::registered(settings.reader_keys.as_deref())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
