//! The built program as its own process: `tongyao demo` on free ports and a data folder of its own.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

const STARTING: Duration = Duration::from_secs(60);
const STOPPING: Duration = Duration::from_secs(20);

/// A running demo; the service, the portal and the department on three ports in a row.
pub struct Demo {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl Demo {
    /// Starts on an empty data folder and waits until it is ready.
    pub fn start() -> Self {
        let folder = env::temp_dir().join(format!("tongyao-demo-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        let port = three_free_ports();
        Self { process: launch(port, &folder), port, folder }
    }

    /// Stops it by SIGTERM and starts it again on the same data and the same ports.
    pub fn restart(&mut self) {
        let status = self.stop();
        assert!(
            status.success(),
            "the demo did not end cleanly on SIGTERM: {status}\n{}",
            log_tail(&self.folder)
        );
        self.process = launch(self.port, &self.folder);
    }

    pub fn service(&self) -> String {
        address(self.port)
    }

    pub fn portal(&self) -> String {
        address(self.port + 1)
    }

    pub fn department(&self) -> String {
        address(self.port + 2)
    }

    /// The desk of the hotline, at the portal's address.
    pub fn hotline(&self) -> String {
        self.portal() + "/hotline"
    }

    /// An address of the service: `at("/hall/")`.
    pub fn at(&self, path: &str) -> String {
        self.service() + path
    }

    fn stop(&mut self) -> ExitStatus {
        // The shell's own `kill`: a slim machine may have no other.
        let ask = format!("kill -TERM {}", self.process.id());
        Command::new("sh").args(["-c", &ask]).status().unwrap();
        let asked = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < STOPPING, "the demo is still running {STOPPING:?} after SIGTERM");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("--- the demo's log ---\n{}", log_tail(&self.folder));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn address(port: u16) -> String {
    format!("http://localhost:{port}")
}

fn launch(port: u16, folder: &Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("stderr.log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongyao"));
    command.arg("demo").arg("--port").arg(port.to_string()).arg("--data").arg(folder.join("data"));
    // Settings of whoever runs the tests are not ours.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TONGYAO_")) {
        command.env_remove(name);
    }
    let mut process =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
    let lines = lines_of(process.stdout.take().unwrap());
    let ready = format!("ready {}", address(port));
    let (began, mut printed) = (Instant::now(), Vec::new());
    loop {
        match lines.recv_timeout(STARTING.saturating_sub(began.elapsed())) {
            Ok(line) if line == ready => return process,
            Ok(line) => printed.push(line),
            Err(_) => {
                let _ = process.kill();
                let status = process.wait().unwrap();
                let (out, log) = (printed.join("\n"), log_tail(folder));
                panic!("the demo never printed {ready:?}; {status}\n--- stdout\n{out}\n--- stderr\n{log}");
            }
        }
    }
}

/// Reads to the end, also when nobody listens any more, so that the process never waits for us.
fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

fn log_tail(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join("stderr.log")).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// The first of three ports in a row that nobody listens on, below those the kernel hands out by itself.
fn three_free_ports() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port));
    loop {
        let port = 12_000 + (Uuid::new_v4().as_u128() % 3_000) as u16;
        let held: Vec<_> = (port..port + 3).map_while(|port| free(port).ok()).collect();
        if held.len() == 3 {
            return port;
        }
    }
}
