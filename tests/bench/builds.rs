//! Two builds of the program side by side, each operation on both in turns: what else the machine does meets both.

use std::path::Path;

use anyhow::{Context, Result};

use crate::growth::median;
use crate::load::Row;
use crate::operations::{self, Bench};
use crate::plan::{Place, Plan, Stand};
use crate::relying::World;
use crate::server::Server;

/// Each operation is measured so often on either side; the median of the ratios counts.
const ROUNDS: usize = 15;

/// One operation on both builds, round by round.
pub struct Pair {
    pub name: &'static str,
    pub this: Vec<Row>,
    pub other: Vec<Row>,
}

struct Side {
    server: Server,
    world: World,
    _place: Place,
}

pub async fn compare(stand: &Stand, plan: &Plan, other: &Path) -> Result<Vec<Pair>> {
    let this = Side::start(stand.prepare().await?).await.context("this build")?;
    let mut place = stand.prepare().await?;
    place.program = other.to_path_buf();
    let other = Side::start(place).await.context("the other build")?;
    let mut pairs = Vec::new();
    for name in operations::side_by_side().filter(|name| plan.wants(name)) {
        pairs.push(pair(name, (&this, &other), plan).await.context(name)?);
        eprintln!("compared {name}");
    }
    this.server.stop()?;
    other.server.stop()?;
    Ok(pairs)
}

impl Pair {
    /// What the other build's rounds come to, each beside this build's round before it.
    pub fn ratio(&self, of: impl Fn(&Row) -> f64) -> f64 {
        median(self.this.iter().zip(&self.other).map(|(this, other)| of(other) / of(this)))
    }

    pub fn failures(&self) -> usize {
        self.this.iter().chain(&self.other).map(|row| row.failures).sum()
    }
}

async fn pair(name: &'static str, (this, other): (&Side, &Side), plan: &Plan) -> Result<Pair> {
    let mut pair = Pair { name, this: Vec::new(), other: Vec::new() };
    for _ in 0..ROUNDS {
        pair.this.push(this.run(name, plan).await?);
        pair.other.push(other.run(name, plan).await?);
    }
    Ok(pair)
}

impl Side {
    async fn start(place: Place) -> Result<Self> {
        Server::set_up(&place)?;
        let server = Server::start(&place).await?;
        Ok(Self { world: World::discover(&server).await?, server, _place: place })
    }

    async fn run(&self, name: &'static str, plan: &Plan) -> Result<Row> {
        Bench { name, world: &self.world, server: &self.server, lasting: plan.lasting }.run().await
    }
}
