//! The rounds of every job: when each comes, never two of one at once, a fault logged and the next round tried.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Ending, Stop, Stopper, late_logout, logout, notices, pair, seal, signing_keys, sweep, visits};
use crate::app::App;
use crate::base::{Fault, Trouble};
use crate::telemetry::outage;

/// The running jobs.
pub struct Jobs {
    stopper: Stopper,
    running: JoinSet<()>,
}

/// A round that is under way at the end may take this long.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

pub fn start(app: &Arc<App>) -> Jobs {
    let (stopper, stop) = pair();
    let mut running = JoinSet::new();
    running.spawn(logout::run(app.clone(), stop.clone()));
    running.spawn(notices::run(app.clone(), stop.clone()));
    running.spawn(every(seconds(30), "late logouts", stop.clone(), app.clone(), late_logout::run_once));
    running.spawn(every(seconds(5), "audit seal", stop.clone(), app.clone(), seal::run_once));
    running.spawn(every(seconds(60), "signing keys", stop.clone(), app.clone(), signing_keys::run_once));
    running.spawn(every(seconds(60), "visits", stop.clone(), app.clone(), visits::run_once));
    running.spawn(every(seconds(600), "sweep", stop, app.clone(), sweep::run_once));
    Jobs { stopper, running }
}

impl Jobs {
    /// Lets every round under way finish, and begins no other.
    pub async fn stop(mut self) {
        self.stopper.say(Ending::AtOnce);
        let finished = async { while self.running.join_next().await.is_some() {} };
        if timeout(FINISH_WITHIN, finished).await.is_err() {
            tracing::warn!("a job did not finish in time; what it had begun is undone");
        }
    }
}

/// Logs a fault of a round. The job goes on: what failed is still due.
pub(super) fn note(job: &str, fault: &Fault) {
    match fault.trouble() {
        Trouble::Unavailable => outage::told_once(&format!("{job}: {fault}"), || {
            tracing::warn!(job, ?fault, "a part is away; tried again next round");
        }),
        Trouble::Broken | Trouble::Duplicate => tracing::error!(job, ?fault, "fault; tried again next round"),
    }
}

async fn every<F, Done, T>(period: Duration, job: &'static str, stop: Stop, app: Arc<App>, round: F)
where
    F: Fn(Arc<App>) -> Done,
    Done: Future<Output = Result<T, Fault>>,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let said = stop.said();
    tokio::pin!(said);
    loop {
        tokio::select! {
            () = &mut said => return,
            _ = ticks.tick() => {}
        }
        if let Err(fault) = round(app.clone()).await {
            note(job, &fault);
        }
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
