//! The load driver: starts the built server, drives real flows over HTTP, and prints what each operation costs.
//!
//! `cargo bench --bench load -- [--seconds N] [--only OPERATION] [--storage sqlite|postgres] [--identities N] [--sessions N]
//! [--against PROGRAM]`;
//! `tests/bench/run` also starts a PostgreSQL and a Redis for it. Machines differ, so nothing here fails by the clock: the
//! figures of the project are printed beside what was measured.
// A bench speaks to the person at the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod beside;
mod browser;
mod builds;
mod certificates;
mod company;
mod crowd;
mod declared;
mod device;
mod fapi;
mod figures;
mod growth;
mod html;
mod key;
mod load;
mod mutual_tls;
mod operations;
mod parts;
mod plan;
mod process;
mod relying;
mod report;
mod server;
mod stored;
mod storm;
mod window;

use std::path::Path;

use anyhow::{Context, Result};

use plan::{Plan, Stand};
use server::Server;

fn main() -> Result<()> {
    let Some(plan) = Plan::from_arguments(std::env::args().skip(1))? else { return Ok(()) };
    // Whoever comes first installs it; a second time is no error.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(plan))
}

async fn run(plan: Plan) -> Result<()> {
    if plan.wants_growth() {
        return grow(&plan).await;
    }
    if let Some(other) = &plan.against {
        return builds(&plan, other).await;
    }
    let parts = parts::measure(&plan).await.context("measuring the parts alone")?;
    report::parts(&parts);
    let mut failed = false;
    for stand in plan.stands() {
        println!("\n## {}", stand.title());
        let measured = on(&stand, &plan).await.with_context(|| format!("on {}", stand.title()))?;
        report::rows(&measured.rows);
        report::beside(&beside::compare(&stand, &measured.rows, &parts));
        if let Some(storm) = &measured.storm {
            report::storm(storm);
        }
        report::figures(&figures::compare(&stand, &measured, &parts));
        failed |= measured.rows.iter().any(|row| row.failures > 0);
    }
    report::left_out();
    // Never by the clock, but a flow that does not work is not a measurement.
    anyhow::ensure!(!failed, "some operations failed: see the rows above");
    Ok(())
}

/// Only what `--identities` and `--sessions` ask for.
async fn grow(plan: &Plan) -> Result<()> {
    let mut failed = false;
    for stand in plan.stands() {
        println!("\n## Growth on {}", stand.title());
        let growth = growth::measure(&stand, plan).await.with_context(|| format!("on {}", stand.title()))?;
        report::growth(&growth);
        report::figures(&figures::of_growth(&stand, &growth));
        failed |= growth.failures() > 0;
    }
    anyhow::ensure!(!failed, "some operations failed: see the rows above");
    Ok(())
}

/// Only what `--against` asks for.
async fn builds(plan: &Plan, other: &Path) -> Result<()> {
    let mut failed = false;
    for stand in plan.stands() {
        println!("\n## This build and another on {}", stand.title());
        let compared =
            builds::compare(&stand, plan, other).await.with_context(|| format!("on {}", stand.title()))?;
        report::builds(&compared);
        failed |= compared.iter().any(|pair| pair.failures() > 0);
    }
    anyhow::ensure!(!failed, "some operations failed: see the rows above");
    Ok(())
}

/// Everything measured on one kind of storage.
pub struct Measured {
    pub rows: Vec<load::Row>,
    /// From the start of the process to its first answer, on an existing database.
    pub start: std::time::Duration,
    /// Resident bytes before the first request of the load.
    pub idle_memory: u64,
    pub storm: Option<storm::Storm>,
    /// Algorithms of the signatures one SSO hop makes, by client kind.
    pub hop_signatures: Vec<(declared::Signed, Vec<String>)>,
}

async fn on(stand: &Stand, plan: &Plan) -> Result<Measured> {
    let place = stand.prepare().await?;
    Server::set_up(&place)?;
    let server = Server::start(&place).await?;
    let idle_memory = server.resident()?;
    println!("started in {} ms, {} MB resident", server.started_in.as_millis(), idle_memory / 1_000_000);
    let world = relying::World::discover(&server).await?;
    let (mut rows, hop_signatures) = operations::measure(&world, &server, plan).await?;
    let storm = if plan.wants("storm") { Some(storm::measure(&world, plan).await?) } else { None };
    let start = server.started_in;
    server.stop()?;
    rows.extend(mutual_tls::measure(stand, plan).await?);
    Ok(Measured { rows, start, idle_memory, storm, hop_signatures })
}
