//! A Redis that cannot hold the ephemeral state is refused, and one that may lose it is spoken of: at the start and by `doctor`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use tongyao::app::{App, Choices};
use tongyao::base::Secret;
use tongyao::config::Settings;

use crate::installation::tongyao;
use crate::support::{World, log};

/// A server that speaks as Redis does and says this of itself.
fn redis_that_says(info: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, info));
        }
    });
    url
}

fn serve(mut stream: TcpStream, info: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(word) = command(&mut reader) {
        let answer = match word.as_str() {
            "INFO" if info.is_empty() => {
                "-NOPERM this user has no permissions to run the 'info' command\r\n".to_owned()
            }
            "INFO" => format!("${}\r\n{info}\r\n", info.len()),
            _ => "+OK\r\n".to_owned(),
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The first word of the next command (RESP arrays of bulk strings).
fn command(reader: &mut impl BufRead) -> Option<String> {
    let words = (0..number(reader)?).map(|_| {
        let mut word = vec![0; number(reader)? + 2];
        reader.read_exact(&mut word).ok()?;
        Some(String::from_utf8_lossy(&word).trim_end().to_owned())
    });
    words.collect::<Option<Vec<_>>>()?.into_iter().next()
}

fn number(reader: &mut impl BufRead) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.trim_end().get(1..)?.parse().ok()
}

#[tokio::test]
async fn a_cluster_is_refused_and_a_redis_that_drops_what_it_keeps_is_spoken_of() {
    log::keep();
    let world = World::with_own_keys(&[]).await;
    world.app.close().await;
    for (info, refused, warned) in [
        ("# Cluster\r\ncluster_enabled:1\r\n", true, false),
        ("maxmemory_policy:volatile-ttl\r\ncluster_enabled:0\r\n", false, true),
        ("maxmemory_policy:noeviction\r\ncluster_enabled:0\r\n", false, false),
        // Who may not ask is told nothing, and starts.
        ("", false, false),
    ] {
        let url = redis_that_says(info);
        let before = log::lines().len();
        let settings = Settings { redis: Some(Secret::new(&url)), ..world.app.settings.clone() };
        let opened = App::open(settings, Choices { clock: world.clock.clone(), ..Choices::default() }).await;
        let problem = opened.as_ref().err().map(ToString::to_string);
        assert_eq!(
            problem.as_ref().is_some_and(|told| told.contains("names a Redis Cluster")),
            refused,
            "{problem:?}"
        );
        assert_eq!(log::lines()[before..].contains("maxmemory-policy of Redis is volatile-ttl"), warned);
        if let Ok(app) = opened {
            app.close().await;
        }

        let settings = &world.app.settings;
        let doctor = tongyao(&settings.data_dir, &["doctor"])
            .env("TONGYAO_KEYS_DIR", &settings.keys_dir)
            .env("TONGYAO_DATABASE_URL", world.database.url())
            .env("TONGYAO_REDIS_URL", &url)
            .output()
            .unwrap();
        let told = String::from_utf8(doctor.stdout).unwrap();
        let lines = |words: &str| told.lines().filter(|line| line.contains(words)).count();
        assert_eq!(
            lines("PROBLEM  ephemeral  TONGYAO_REDIS_URL names a Redis Cluster"),
            usize::from(refused),
            "{told}"
        );
        assert_eq!(lines("note     ephemeral  maxmemory-policy"), usize::from(warned), "{told}");
        assert_eq!(lines("ok       ephemeral  Redis answers"), usize::from(!refused), "{told}");
    }
}
