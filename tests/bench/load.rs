//! Many workers doing one thing over and over, and what that was like.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::server::{Server, Used};

/// A worker that fails this often in a row gives up.
const MOST_FAILURES_IN_A_ROW: usize = 5;

/// What a worker prepares before it acts: well within a code's minute.
const A_TURN: usize = 40;

/// When the workers stop.
#[derive(Clone, Copy)]
pub enum Limit {
    After(Duration),
    /// Each worker, this often.
    Times(usize),
}

/// How it went.
#[derive(Default)]
pub struct Sample {
    /// Of the successes, in microseconds.
    pub latencies: Vec<u64>,
    pub took: Duration,
    pub failures: usize,
    pub first_failure: Option<String>,
}

/// One operation, measured.
pub struct Row {
    pub name: String,
    /// Successes per second.
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Of the server, per operation.
    pub cpu: Duration,
    /// Resident bytes of the server afterwards.
    pub memory: u64,
    /// Storage round trips per operation, by kind.
    pub trips: BTreeMap<String, f64>,
    pub failures: usize,
    pub first_failure: Option<String>,
}

impl Row {
    pub fn new(name: &str, mut sample: Sample, used: &Used, memory: u64) -> Self {
        sample.latencies.sort_unstable();
        let done = sample.latencies.len();
        let each = |total: f64| if done == 0 { 0.0 } else { total / done as f64 };
        Self {
            name: name.to_string(),
            rate: done as f64 / sample.took.as_secs_f64().max(1e-9),
            p50: percentile(&sample.latencies, 0.50),
            p99: percentile(&sample.latencies, 0.99),
            cpu: Duration::from_secs_f64(each(used.cpu.as_secs_f64())),
            memory,
            trips: used.trips.iter().map(|(kind, count)| (kind.clone(), each(*count))).collect(),
            failures: sample.failures,
            first_failure: sample.first_failure,
        }
    }

    /// An operation that could not even be prepared.
    pub fn failed(name: &str, why: String) -> Self {
        let sample = Sample { failures: 1, first_failure: Some(why), ..Sample::default() };
        Self::new(name, sample, &Used::default(), 0)
    }
}

impl Sample {
    pub fn add(&mut self, other: Sample) {
        self.latencies.extend(other.latencies);
        self.took += other.took;
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }
}

/// The latency that this share of the sorted microseconds does not exceed.
pub fn percentile(sorted: &[u64], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    Duration::from_micros(sorted.get(at.saturating_sub(1)).copied().unwrap_or(0))
}

/// Warms up, then measures. A worker's step takes its state and gives it back with the result.
pub async fn measure<S, F, Fut>(
    name: &str,
    server: &Server,
    lasting: Duration,
    workers: Vec<S>,
    step: F,
) -> Result<Row>
where
    S: Send + 'static,
    F: Fn(S) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = (S, Result<()>)> + Send + 'static,
{
    let mut workers = workers;
    measure_among(name, server, lasting, (&mut workers, step)).await
}

/// The same; the workers are there again afterwards, as they have become.
pub async fn measure_among<S, F, Fut>(
    name: &str,
    server: &Server,
    lasting: Duration,
    (workers, step): (&mut Vec<S>, F),
) -> Result<Row>
where
    S: Send + 'static,
    F: Fn(S) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = (S, Result<()>)> + Send + 'static,
{
    let (warm, _) = drive(std::mem::take(workers), Limit::After(lasting / 4), step.clone()).await;
    let before = server.used().await?;
    let (tired, sample) = drive(warm, Limit::After(lasting), step).await;
    *workers = tired;
    let used = server.used().await?.since(&before);
    Ok(Row::new(name, sample, &used, server.resident()?))
}

/// Preparing and acting take turns; only the acting counts. Each worker prepares as often as it then acts.
pub async fn measure_in_turns<S, P, Prepared, A, Acted>(
    name: &str,
    server: &Server,
    lasting: Duration,
    (mut workers, prepare, act): (Vec<S>, P, A),
) -> Result<Row>
where
    S: Send + 'static,
    P: Fn(S) -> Prepared + Clone + Send + 'static,
    Prepared: Future<Output = (S, Result<()>)> + Send + 'static,
    A: Fn(S) -> Acted + Clone + Send + 'static,
    Acted: Future<Output = (S, Result<()>)> + Send + 'static,
{
    let (mut sample, mut used, began) = (Sample::default(), Used::default(), Instant::now());
    while sample.took < lasting && sample.failures == 0 && began.elapsed() < 10 * lasting {
        let (ready, prepared) = drive(workers, Limit::Times(A_TURN), prepare.clone()).await;
        sample.failures += prepared.failures;
        sample.first_failure = sample.first_failure.take().or(prepared.first_failure);
        let before = server.used().await?;
        let (spent, acted) = drive(ready, Limit::Times(A_TURN), act.clone()).await;
        used.add(&server.used().await?.since(&before));
        sample.add(acted);
        workers = spent;
    }
    Ok(Row::new(name, sample, &used, server.resident()?))
}

/// Runs all workers side by side until the limit.
pub async fn drive<S, F, Fut>(workers: Vec<S>, limit: Limit, step: F) -> (Vec<S>, Sample)
where
    S: Send + 'static,
    F: Fn(S) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = (S, Result<()>)> + Send + 'static,
{
    let began = Instant::now();
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(work(worker, limit, began, step.clone()));
    }
    let (mut workers, mut sample) = (Vec::new(), Sample::default());
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok((worker, own)) => {
                workers.push(worker);
                sample.add(own);
            }
            Err(panic) => {
                sample.failures += 1;
                sample.first_failure.get_or_insert(panic.to_string());
            }
        }
    }
    sample.took = began.elapsed();
    (workers, sample)
}

async fn work<S, F, Fut>(mut worker: S, limit: Limit, began: Instant, step: F) -> (S, Sample)
where
    F: Fn(S) -> Fut,
    Fut: Future<Output = (S, Result<()>)>,
{
    let (mut sample, mut in_a_row, mut rounds) = (Sample::default(), 0, 0);
    let goes_on = |rounds: usize| match limit {
        Limit::After(lasting) => began.elapsed() < lasting,
        Limit::Times(times) => rounds < times,
    };
    while goes_on(rounds) && in_a_row < MOST_FAILURES_IN_A_ROW {
        rounds += 1;
        let start = Instant::now();
        let (same, result) = step(worker).await;
        worker = same;
        match result {
            Ok(()) => {
                sample.latencies.push(start.elapsed().as_micros() as u64);
                in_a_row = 0;
            }
            Err(error) => {
                sample.failures += 1;
                in_a_row += 1;
                sample.first_failure.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    (worker, sample)
}
