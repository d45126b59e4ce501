//! PostgreSQL: the pool of connections, and a circuit that answers at once while the server cannot be reached.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Connection;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow, Postgres};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::statement::Statement;
use super::trouble::{fault, is_connection};
use crate::base::Fault;

/// The server; cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    pool: PgPool,
    circuit: Arc<Circuit>,
}

/// Whoever waits long for a connection has the server looked at, by one look at a time.
struct Circuit {
    options: PgConnectOptions,
    reach: watch::Sender<Reach>,
    looking: AtomicBool,
    /// How often the server has answered through the pool: a sign of life that outweighs a look.
    answers: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It answers, or nobody has found otherwise.
    Here,
    /// The last looks found nobody there: nothing is even tried until a look succeeds.
    Away,
}

const CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that is not to be had within this time may mean a full pool or a dead server.
const PATIENCE: Duration = Duration::from_millis(250);
/// A server that lets nobody in within this time may be away.
const LOOK_WITHIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// So many looks in a row make sure: a server under load may be slow to let somebody in.
const LOOKS: usize = 2;

/// What a URL says; the rest of the settings knows only that it is one.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, Fault> {
    PgConnectOptions::from_str(url)
        .map_err(|_| Fault::broken("TONGYAO_DATABASE_URL is not an address PostgreSQL can be reached by"))
}

impl Server {
    /// It must be reachable now.
    pub(super) async fn open(url: &str) -> Result<Self, Fault> {
        let options = options(url)?.application_name("tongyao").statement_cache_capacity(256);
        match pool_options().connect_with(options.clone()).await {
            Ok(pool) => Ok(Self::of(pool, options)),
            // The pool tried until its time was over and forgot why it failed: ask once more, for the reason.
            Err(sqlx::Error::PoolTimedOut) => Err(why_unreachable(&options).await),
            Err(error) => Err(unreachable(error)),
        }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The rows of a statement outside a transaction.
    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<PgRow>, Fault> {
        let again = Statement::new(statement.text, statement.values.clone());
        let mut connection = self.connection().await?;
        match statement.for_postgres().fetch_all(&mut *connection).await {
            // A restarted server leaves dead connections in the pool; a read may simply be asked again.
            Err(error) if is_connection(&error) => {
                drop(connection);
                let mut other = self.connection().await?;
                again.for_postgres().fetch_all(&mut *other).await
            }
            answer => answer,
        }
        .inspect(|_| self.circuit.hear())
        .map_err(|error| fault("reading", error))
    }

    /// In a task of its own, which nobody who hangs up can stop in the middle: a connection that went back to the pool
    /// between `BEGIN` and its answer would stay inside a transaction.
    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, Postgres>, Fault> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { begin(&pool).await });
        let stopped = |_| Fault::broken("beginning a transaction was stopped");
        self.unless_away(async { begun.await.map_err(stopped)? }).await.inspect(|_| self.circuit.hear())
    }

    /// Waiting for one, and connecting anew, takes 15 KB of the driver's: a place of its own, made where it is needed,
    /// and not a part of whatever asks the database for something, on SQLite too.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, Fault> {
        match self.free() {
            Some(connection) => Ok(connection),
            None => {
                let waiting = async { self.pool.acquire().await.map_err(no_connection) };
                Box::pin(self.unless_away(waiting)).await
            }
        }
    }

    fn free(&self) -> Option<PoolConnection<Postgres>> {
        match *self.circuit.reach.borrow() {
            Reach::Here => self.pool.try_acquire(),
            Reach::Away => None,
        }
    }

    /// What `work` gives, unless the server is away or found to be while `work` waits for a connection.
    async fn unless_away<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let mut reach = self.circuit.reach.subscribe();
        if *reach.borrow() == Reach::Away {
            return Err(away());
        }
        tokio::pin!(work);
        match timeout(PATIENCE, &mut work).await {
            Ok(done) => return done,
            Err(_) => self.look(),
        }
        tokio::select! {
            done = &mut work => done,
            _ = reach.wait_for(|reach| *reach == Reach::Away) => Err(away()),
        }
    }

    /// One look at a time, and at most one a second: under load a full pool must not cost the server a connection more
    /// for everyone who waits.
    fn look(&self) {
        if self.circuit.looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let server = self.clone();
        tokio::spawn(async move {
            if server.circuit.is_away().await {
                server.stay_away().await;
            } else {
                sleep(LOOK_WITHIN).await;
            }
            server.circuit.looking.store(false, Ordering::Release);
        });
    }

    /// Tells everyone who waits, and looks until the server is back.
    async fn stay_away(&self) {
        tracing::warn!("PostgreSQL cannot be reached; requests are refused at once until it can");
        self.circuit.reach.send_replace(Reach::Away);
        while !self.pool.is_closed() && !self.circuit.is_here().await {
            sleep(LOOK_AGAIN).await;
        }
        self.circuit.reach.send_replace(Reach::Here);
        tracing::info!("PostgreSQL can be reached again");
    }

    fn of(pool: PgPool, options: PgConnectOptions) -> Self {
        let (reach, _) = watch::channel(Reach::Here);
        Self {
            pool,
            circuit: Arc::new(Circuit {
                options,
                reach,
                looking: AtomicBool::new(false),
                answers: AtomicU64::new(0),
            }),
        }
    }
}

impl Circuit {
    /// The pool got an answer. While somebody waits, each connection that comes free asks for them, so that a server
    /// that works is heard here.
    fn hear(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    async fn is_away(&self) -> bool {
        let heard = self.answers.load(Ordering::Relaxed);
        for look in 0..LOOKS {
            if look > 0 {
                sleep(LOOK_AGAIN).await;
            }
            if self.is_here().await || self.answers.load(Ordering::Relaxed) != heard {
                return false;
            }
        }
        true
    }

    /// A server that refuses us for want of a free place is there all the same.
    async fn is_here(&self) -> bool {
        match timeout(LOOK_WITHIN, PgConnection::connect_with(&self.options)).await {
            Ok(Ok(connection)) => {
                let _ = connection.close().await;
                true
            }
            Ok(Err(error)) => !is_connection(&error),
            Err(_) => false,
        }
    }
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
}

/// A dead connection shows at its first statement: try as often as the pool may hold dead ones.
async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, Postgres>, Fault> {
    let mut tries = CONNECTIONS;
    loop {
        match begin_once(pool).await {
            Ok(tx) => return Ok(tx),
            Err(error @ sqlx::Error::PoolTimedOut) => return Err(no_connection(error)),
            Err(error) if is_connection(&error) && tries > 0 => tries -= 1,
            Err(error) => return Err(fault("beginning", error)),
        }
    }
}

async fn begin_once(pool: &PgPool) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
    match pool.try_begin().await? {
        Some(tx) => Ok(tx),
        None => Box::pin(pool.begin()).await,
    }
}

fn no_connection(error: sqlx::Error) -> Fault {
    match error {
        sqlx::Error::PoolTimedOut => Fault::unavailable("no connection to PostgreSQL is free"),
        error => fault("connecting", error),
    }
}

/// What takes connections and says nothing is no PostgreSQL, or one that is stuck.
async fn why_unreachable(options: &PgConnectOptions) -> Fault {
    match timeout(LOOK_WITHIN, PgConnection::connect_with(options)).await {
        Ok(Ok(_)) => unreachable(sqlx::Error::PoolTimedOut),
        Ok(Err(error)) => unreachable(error),
        Err(_) => Fault::unavailable("PostgreSQL cannot be reached: no answer comes from its address"),
    }
}

fn unreachable(error: sqlx::Error) -> Fault {
    match error {
        // It was reached, and says why it does not let us in.
        sqlx::Error::Database(_) => fault("PostgreSQL does not let us in", error),
        error => away().because(error),
    }
}

fn away() -> Fault {
    Fault::unavailable("PostgreSQL cannot be reached")
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgSslMode;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;
    use crate::base::Trouble;
    use crate::sql;

    /// A server at a port that nobody listens on, as a pool that was once open sees it.
    async fn dead() -> Server {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("nobody");
        Server::of(pool_options().connect_lazy_with(options.clone()), options)
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_told_in_the_end() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://nobody@{}/none", silent.local_addr().unwrap());
        let told = timeout(2 * ACQUIRE_TIMEOUT, Server::open(&url)).await.unwrap().err().unwrap();
        assert!(told.to_string().contains("no answer comes"), "{told:?}");
    }

    /// A server that hangs up on the first who comes, and then has no place free.
    async fn hurried() -> Server {
        const FULL: &[u8] = b"E\0\0\0\x1dSFATAL\0C53300\0Mno place\0\0";
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").username("nobody");
        let options = options.port(socket.local_addr().unwrap().port()).ssl_mode(PgSslMode::Disable);
        let server = Server::of(pool_options().connect_lazy_with(options.clone()), options);
        tokio::spawn(async move {
            drop(socket.accept().await.unwrap());
            let (mut second, _) = socket.accept().await.unwrap();
            second.write_all(FULL).await.unwrap();
            // It is closed after who came has gone.
            let _ = second.read_to_end(&mut Vec::new()).await;
        });
        server
    }

    #[tokio::test]
    async fn one_look_that_fails_is_no_proof() {
        assert!(!hurried().await.circuit.is_away().await);
        assert!(dead().await.circuit.is_away().await);
    }

    #[tokio::test]
    async fn who_answers_others_is_not_away() {
        let server = dead().await;
        let (away, ()) = tokio::join!(server.circuit.is_away(), async { server.circuit.hear() });
        assert!(!away);
    }

    async fn read(server: &Server) -> Fault {
        server.rows(sql!("SELECT CAST(1 AS BIGINT)")).await.err().unwrap()
    }

    /// Whatever asks the database for something carries this within itself, on SQLite too.
    #[tokio::test]
    async fn asking_takes_little_room() {
        let server = dead().await;
        let room = size_of_val(&server.rows(sql!("SELECT CAST(1 AS BIGINT)")));
        assert!(room < 1024, "{room}");
        let room = size_of_val(&server.begin());
        assert!(room < 1024, "{room}");
    }

    #[tokio::test]
    async fn a_dead_server_is_told_at_once() {
        let server = dead().await;
        let began = Instant::now();
        // A hundred who ask in the same moment wait for one look together, not for one another.
        let asking: Vec<_> = (0..100)
            .map(|number| {
                let server = server.clone();
                tokio::spawn(async move {
                    match number % 2 {
                        0 => read(&server).await,
                        _ => server.begin().await.err().unwrap(),
                    }
                })
            })
            .collect();
        for asked in asking {
            assert_eq!(asked.await.unwrap().trouble(), Trouble::Unavailable);
        }
        assert!(began.elapsed() < ACQUIRE_TIMEOUT / 2, "{:?}", began.elapsed());
        let began = Instant::now();
        for _ in 0..100 {
            assert_eq!(read(&server).await.trouble(), Trouble::Unavailable);
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }
}
