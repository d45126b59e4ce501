//! Steady token traffic while many people sign in with passwords at once: the hash must not stand in its way.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::declared::{self, Signed};
use crate::load::{Limit, drive, percentile};
use crate::operations::sign_in;
use crate::plan::Plan;
use crate::relying::World;

/// Token requests a second, sent on time whether or not earlier ones are answered.
const REQUESTS_PER_SECOND: u32 = 100;
/// People pressing "sign in" at the same time, again and again.
const CROWD: usize = 24;

/// p99 of the token traffic, and what became of the crowd.
pub struct Storm {
    pub quiet: Duration,
    pub stormy: Duration,
    /// Sign-ins per second during the storm.
    pub sign_ins: f64,
    /// Sign-ins turned away or failed.
    pub turned_away: usize,
    pub failed_requests: usize,
}

pub async fn measure(world: &World, plan: &Plan) -> Result<Storm> {
    steady_traffic(world, plan.lasting / 4).await;
    let (quiet, failed_quiet) = steady_traffic(world, plan.lasting).await;
    let crowd = {
        let world = world.clone();
        let people = (0..CROWD).map(|n| n * 7).collect();
        tokio::spawn(drive(people, Limit::After(plan.lasting), move |person: usize| {
            let world = world.clone();
            async move {
                let done = sign_in(&world, person).await.map(drop);
                if done.is_err() {
                    // Turned away: people try again a little later.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                ((person + 1) % declared::PEOPLE, done)
            }
        }))
    };
    let (stormy, failed_stormy) = steady_traffic(world, plan.lasting).await;
    let (_, sample) = crowd.await?;
    Ok(Storm {
        quiet,
        stormy,
        sign_ins: sample.latencies.len() as f64 / sample.took.as_secs_f64(),
        turned_away: sample.failures,
        failed_requests: failed_quiet + failed_stormy,
    })
}

/// p99 of the answers, counted from when each request was due, and how many failed.
async fn steady_traffic(world: &World, lasting: Duration) -> (Duration, usize) {
    let mut ticks = interval(Duration::from_secs(1) / REQUESTS_PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (began, mut running) = (Instant::now(), JoinSet::new());
    for n in 0.. {
        let due = ticks.tick().await;
        if began.elapsed() >= lasting {
            break;
        }
        let (world, client) = (world.clone(), declared::client(Signed::Es256, n));
        running.spawn(async move { world.client_credentials(&client).await.map(|_| due.elapsed()) });
    }
    let answers = running.join_all().await;
    let mut latencies: Vec<_> = answers.iter().flatten().map(|took| took.as_micros() as u64).collect();
    latencies.sort_unstable();
    (percentile(&latencies, 0.99), answers.len() - latencies.len())
}
