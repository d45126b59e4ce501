//! The program and its signals: what has it read its files again, what ends it, and when.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::installation::tongyao;
use crate::support::World;

const PATIENCE: Duration = Duration::from_secs(20);

/// The service as a process of its own; ended hard when it is dropped.
struct Running {
    process: Child,
    log: BufReader<ChildStderr>,
    port: u16,
}

impl Running {
    fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = tongyao(data, &["serve"]);
        command.env("TONGYAO_LISTEN", format!("127.0.0.1:{port}")).envs(settings.iter().copied());
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        Self { process, log, port }
    }

    fn signal(&self, name: &str) {
        // The shell's own `kill`: a slim machine may have no other.
        let ask = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &ask]).status().unwrap().success());
    }

    /// Reads the log up to a line with these words.
    fn says(&mut self, words: &str) {
        let mut read = String::new();
        while !read.contains(words) {
            assert_ne!(self.log.read_line(&mut read).unwrap(), 0, "it ended without {words:?}:\n{read}");
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn ended(&mut self, within: Duration) -> ExitStatus {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < within, "it is still running {within:?} after the signal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ask(stream: &mut TcpStream, path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost:8000\r\n\r\n").unwrap();
}

#[tokio::test]
async fn a_service_reads_again_on_sighup_and_is_left_before_it_ends_on_sigterm() {
    let world = World::with_own_keys(&[]).await;
    world.app.close().await;
    let settings = &world.app.settings;
    let mut running = Running::start(
        &settings.data_dir,
        &[
            ("TONGYAO_KEYS_DIR", settings.keys_dir.to_str().unwrap()),
            ("TONGYAO_DATABASE_URL", world.database.url()),
        ],
    );
    running.says("\"serving\"");
    running.signal("HUP");
    running.says("no certificate of the service's own to read again");
    // One connection that is kept, as a proxy keeps it.
    let mut kept = running.connect();
    ask(&mut kept, "/health/ready");
    let mut answer = [0; 4096];
    let length = kept.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
    running.signal("TERM");
    running.says("no longer ready");
    ask(&mut kept, "/health/ready");
    let mut last = String::new();
    kept.read_to_string(&mut last).unwrap();
    assert!(last.starts_with("HTTP/1.1 503") && last.contains("connection: close"), "{last}");
    assert!(running.ended(PATIENCE).success());
}

#[test]
fn a_start_that_waits_for_its_database_can_be_ended() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/none", silent.local_addr().unwrap());
    let data = std::env::temp_dir().join(format!("tongyao-test-{}", uuid::Uuid::new_v4().simple()));
    let mut running = Running::start(&data, &[("TONGYAO_DATABASE_URL", &url)]);
    // It waits for an answer from now on.
    let (_waiting, _) = silent.accept().unwrap();
    running.signal("TERM");
    assert!(running.ended(Duration::from_secs(4)).success());
    let _ = std::fs::remove_dir_all(data);
}
