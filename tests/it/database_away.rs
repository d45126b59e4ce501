//! PostgreSQL away and back: requests are refused at once, and served again without a restart; a full pool is not a dead server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tongyao::base::{Secret, Trouble};
use tongyao::config::DatabasePlace;
use tongyao::sql;
use tongyao::storage::{Db, Run, Tally};

use crate::support::services::{FreshDatabase, Storage};

const AT_ONCE: Duration = Duration::from_millis(100);

/// Stands between the service and its server, and can be taken away.
struct Wire {
    port: u16,
    server: String,
    going: Option<tokio::task::JoinHandle<()>>,
}

impl Wire {
    async fn to(server: &str) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut wire = Self { port, server: server.to_owned(), going: None };
        wire.carry(socket);
        wire
    }

    fn carry(&mut self, socket: TcpListener) {
        let server = self.server.clone();
        self.going = Some(tokio::spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((mut here, _)) = socket.accept().await {
                let server = server.clone();
                carried.spawn(async move {
                    let mut there = TcpStream::connect(server).await.unwrap();
                    let _ = copy_bidirectional(&mut here, &mut there).await;
                });
            }
        }));
    }

    async fn cut(&mut self) {
        let going = self.going.take().unwrap();
        going.abort();
        let _ = going.await;
    }

    async fn mend(&mut self) {
        let socket = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.carry(socket);
    }
}

async fn read(db: &Db) -> Result<i64, Trouble> {
    let row: Result<(i64,), _> = db.read().one(sql!("SELECT CAST(1 AS BIGINT)")).await;
    row.map(|(one,)| one).map_err(|fault| fault.trouble())
}

async fn open(url: &str) -> Db {
    Db::open(&DatabasePlace::Postgres(Secret::new(url)), Arc::new(Tally::default())).await.unwrap()
}

#[tokio::test]
async fn a_server_that_is_away_is_told_at_once_and_found_again() {
    if Storage::of_this_run() != Storage::Postgres {
        return;
    }
    let database = FreshDatabase::create().await;
    let mut url = url::Url::parse(database.url()).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let mut wire = Wire::to(&server).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(wire.port)).unwrap();
    let db = open(url.as_str()).await;
    assert_eq!(read(&db).await, Ok(1));
    wire.cut().await;
    let began = Instant::now();
    assert_eq!(read(&db).await, Err(Trouble::Unavailable));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for _ in 0..20 {
        let began = Instant::now();
        assert_eq!(read(&db).await, Err(Trouble::Unavailable));
        assert!(db.begin().await.is_err());
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    }
    wire.mend().await;
    let began = Instant::now();
    while read(&db).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(5), "it is back, and not believed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    db.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_full_pool_is_waited_for() {
    if Storage::of_this_run() != Storage::Postgres {
        return;
    }
    let database = FreshDatabase::create().await;
    let db = open(database.url()).await;
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(db.begin().await.unwrap());
    }
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { read(&db).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(waiting.iter().all(|read| !read.is_finished()), "the server is there, only busy");
    drop(held);
    for read in waiting {
        assert_eq!(read.await.unwrap(), Ok(1));
    }
}

#[tokio::test]
async fn a_commit_goes_on_where_its_caller_hangs_up() {
    if Storage::of_this_run() != Storage::Postgres {
        return;
    }
    let database = FreshDatabase::create().await;
    let db = open(database.url()).await;
    let mut tx = db.begin().await.unwrap();
    tx.execute(sql!("CREATE TABLE kept (number BIGINT)")).await.unwrap();
    tx.later(sql!("INSERT INTO kept (number) VALUES ($1)", 7));
    assert!(tx.commit().now_or_never().is_none());
    let mut tries = 0..200;
    while db.read().one::<(i64,)>(sql!("SELECT number FROM kept")).await.is_err() {
        assert!(tries.next().is_some(), "what was begun was not finished");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
