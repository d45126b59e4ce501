//! The built server as its own process: started, read from outside (/proc, /metrics), stopped.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::declared;
use crate::plan::{Place, free_port};
use crate::process;

const STARTING: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub struct Server {
    pub issuer: String,
    /// From the start of the process to the first answer.
    pub started_in: Duration,
    process: Child,
    metrics: String,
    log: PathBuf,
}

/// What the server has used so far.
#[derive(Clone, Debug, Default)]
pub struct Used {
    pub cpu: Duration,
    /// Storage round trips by kind.
    pub trips: BTreeMap<String, f64>,
}

impl Used {
    pub fn since(&self, before: &Used) -> Used {
        let earlier = |kind: &str| before.trips.get(kind).copied().unwrap_or(0.0);
        let trips = self.trips.iter().map(|(kind, count)| (kind.clone(), count - earlier(kind))).collect();
        Used { cpu: self.cpu.saturating_sub(before.cpu), trips }
    }

    pub fn add(&mut self, other: &Used) {
        self.cpu += other.cpu;
        for (kind, count) in &other.trips {
            *self.trips.entry(kind.clone()).or_default() += count;
        }
    }
}

impl Server {
    /// Makes the tables and declares the people and systems of the bench.
    pub fn set_up(place: &Place) -> Result<()> {
        Self::set_up_for(place, declared::PEOPLE)
    }

    /// The same with so many people.
    pub fn set_up_for(place: &Place, people: usize) -> Result<()> {
        let file = place.folder.join("declared.json");
        fs::write(&file, serde_json::to_vec(&declared::state(people))?)?;
        for arguments in [vec!["migrate"], vec!["apply", file.to_str().context("a path in UTF-8")?]] {
            let done = command(place).args(&arguments).output().context("starting the program")?;
            let said = String::from_utf8_lossy(&done.stderr);
            ensure!(done.status.success(), "tongyao {}: {}\n{said}", arguments[0], done.status);
        }
        Ok(())
    }

    pub async fn start(place: &Place) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        Self::start_for(place, &http).await
    }

    /// Waits for the first answer to this client, which trusts the server's certificate.
    pub async fn start_for(place: &Place, http: &reqwest::Client) -> Result<Self> {
        let (issuer, metrics_port) = (place.issuer(), free_port()?);
        let log = place.folder.join("server.log");
        let began = Instant::now();
        let process = command(place)
            .arg("serve")
            .env("TONGYAO_METRICS_LISTEN", format!("127.0.0.1:{metrics_port}"))
            .stdout(fs::File::create(place.folder.join("server.out"))?)
            .stderr(fs::File::create(&log)?)
            .spawn()
            .context("starting the server")?;
        let metrics = format!("http://127.0.0.1:{metrics_port}/metrics");
        let mut server = Self { issuer, started_in: Duration::ZERO, process, metrics, log };
        server.wait_for_first_answer(http).await?;
        server.started_in = began.elapsed();
        // What the start itself stirs up is not part of the idle figures.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(server)
    }

    async fn wait_for_first_answer(&mut self, http: &reqwest::Client) -> Result<()> {
        let address = format!("{}/health/ready", self.issuer);
        let began = Instant::now();
        loop {
            if http.get(&address).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the server ended at once: {status}\n{}", self.log_tail());
            }
            ensure!(began.elapsed() < STARTING, "no answer within {STARTING:?}\n{}", self.log_tail());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What it has used so far.
    pub async fn used(&self) -> Result<Used> {
        Ok(Used { cpu: process::cpu(&self.process.id().to_string())?, trips: self.trips().await? })
    }

    /// Resident bytes.
    pub fn resident(&self) -> Result<u64> {
        process::resident(&self.process.id().to_string())
    }

    async fn trips(&self) -> Result<BTreeMap<String, f64>> {
        let text = reqwest::get(&self.metrics).await.context("reading /metrics")?.text().await?;
        let counter = |line: &str| {
            let rest = line.strip_prefix("tongyao_storage_round_trips_total{kind=\"")?;
            let (kind, count) = rest.split_once("\"}")?;
            Some((kind.to_string(), count.trim().parse().ok()?))
        };
        Ok(text.lines().filter_map(counter).collect())
    }

    /// Asks it to end and waits; anything but a clean end is an error.
    pub fn stop(mut self) -> Result<()> {
        Command::new("sh").args(["-c", &format!("kill -TERM {}", self.process.id())]).status()?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.process.try_wait()? {
                ensure!(status.success(), "the server ended with {status}\n{}", self.log_tail());
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server did not end on SIGTERM\n{}", self.log_tail())
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program with the settings of the bench and none of whoever runs it.
fn command(place: &Place) -> Command {
    let mut command = Command::new(&place.program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TONGYAO_")) {
        command.env_remove(name);
    }
    command
        .env("TONGYAO_ISSUER", place.issuer())
        .env("TONGYAO_LISTEN", format!("127.0.0.1:{}", place.port))
        .env("TONGYAO_DATABASE_URL", &place.database_url)
        .env("TONGYAO_DATA_DIR", place.folder.join("data"))
        .env("TONGYAO_KEYS_DIR", place.folder.join("keys"))
        .env("TONGYAO_SANDBOX", "true")
        // As FAPI clients are asked for it: every proof carries a nonce.
        .env("TONGYAO_DPOP_NONCE", "required")
        .env("TONGYAO_LOG", "warn")
        .current_dir(&place.folder)
        .stdin(Stdio::null());
    if let Some(files) = &place.encrypted {
        command
            .env("TONGYAO_TLS_CERT", &files.certificate)
            .env("TONGYAO_TLS_KEY", &files.key)
            .env("TONGYAO_CLIENT_CA", &files.authority)
            .env("TONGYAO_SANDBOX_FORCE", "true");
    }
    if let Some(url) = &place.redis_url {
        command.env("TONGYAO_REDIS_URL", url);
    }
    command
}
