//! What growth costs: the same operations among few people and among many, in turns on two servers side by side, and the
//! memory of a server among many who are signed in.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::company::{self, Company};
use crate::crowd::{self, Crowd, Filled};
use crate::load::{self, Limit, Row, drive};
use crate::operations;
use crate::plan::{Place, Plan, Stand};
use crate::relying::World;
use crate::server::Server;
use crate::window::{self, Clerk};

/// People who act; the others are copies of their rows.
const REAL: u64 = 2_000;
/// What the many are compared with.
const FEW: u64 = 10_000;
/// Each operation is measured so often on either side; the median of the ratios counts.
const ROUNDS: usize = 5;
const OPERATIONS: [&str; 3] = ["password-sign-in", "sso-hop-es256", "window-search"];
/// Long enough for every job that comes each minute or oftener.
const IDLE: Duration = Duration::from_secs(65);

/// What growth came to on one kind of storage.
pub struct Growth {
    pub sides: Vec<SideMeasured>,
    pub operations: Vec<Grown>,
    pub memory: Option<Memory>,
}

/// One database and the server on it.
pub struct SideMeasured {
    pub crowd: Crowd,
    pub filled: Filled,
    /// Processor time of the server while nobody asks, in a minute.
    pub idle: Duration,
}

/// One operation on both sides, round by round.
pub struct Grown {
    pub name: &'static str,
    pub few: Vec<Row>,
    pub many: Vec<Row>,
}

/// A server among many sessions.
pub struct Memory {
    pub sessions: u64,
    /// Resident bytes after hops and questions.
    pub resident: u64,
    pub rows: Vec<Row>,
}

struct Side {
    crowd: Crowd,
    filled: Filled,
    server: Server,
    world: World,
    companies: Vec<Company>,
    clerks: Vec<Clerk>,
    /// Whose turn it is to sign in, by worker.
    arriving: Vec<usize>,
    _place: Place,
}

pub async fn measure(stand: &Stand, plan: &Plan) -> Result<Growth> {
    let mut sides = Vec::new();
    for crowd in crowds(plan) {
        sides.push(Side::prepare(stand, crowd).await?);
        eprintln!("filled up to {} identities", crowd.identities);
    }
    for side in &mut sides {
        side.everybody_once().await?;
    }
    let idle = idle(&sides).await?;
    eprintln!("waited a minute");
    let mut memory = None;
    if plan.sessions.is_some()
        && let Some(side) = sides.last_mut()
    {
        memory = Some(side.among_sessions(plan.lasting).await?);
    }
    let mut operations = Vec::new();
    if let [few, many] = sides.as_mut_slice() {
        for name in OPERATIONS {
            operations.push(compare(name, (few, many), plan.lasting).await.context(name)?);
            eprintln!("compared {name}");
        }
    }
    let mut measured = Vec::new();
    for (side, idle) in sides.into_iter().zip(idle) {
        side.server.stop()?;
        measured.push(SideMeasured { crowd: side.crowd, filled: side.filled, idle });
    }
    Ok(Growth { sides: measured, operations, memory })
}

impl Grown {
    /// The median over the rounds of what the many cost of what the few cost.
    pub fn ratio(&self, of: impl Fn(&Row) -> Duration) -> f64 {
        let rounds = self.few.iter().zip(&self.many);
        median(rounds.map(|(few, many)| of(many).as_secs_f64() / of(few).as_secs_f64()))
    }
}

impl Growth {
    pub fn failures(&self) -> usize {
        let compared = self.operations.iter().flat_map(|grown| grown.few.iter().chain(&grown.many));
        let among = self.memory.iter().flat_map(|memory| &memory.rows);
        compared.chain(among).map(|row| row.failures).sum()
    }
}

/// The middle one.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Those of whom the database is to hold the rows: few and many, or only as many as there are sessions.
fn crowds(plan: &Plan) -> Vec<Crowd> {
    let crowd = |identities, sessions| Crowd { real: REAL, identities, sessions };
    let sessions = plan.sessions.unwrap_or(REAL).max(REAL);
    match plan.identities {
        Some(many) => vec![crowd(FEW, REAL), crowd(many.max(sessions).max(FEW), sessions)],
        None => vec![crowd(sessions.max(FEW), sessions)],
    }
}

/// Each round on both, so that what else the machine does in that minute meets both.
async fn compare(
    name: &'static str,
    (few, many): (&mut Side, &mut Side),
    lasting: Duration,
) -> Result<Grown> {
    let mut grown = Grown { name, few: Vec::new(), many: Vec::new() };
    for _ in 0..ROUNDS {
        grown.few.push(few.run(name, lasting).await?);
        grown.many.push(many.run(name, lasting).await?);
    }
    Ok(grown)
}

async fn idle(sides: &[Side]) -> Result<Vec<Duration>> {
    let mut before = Vec::new();
    for side in sides {
        before.push(side.server.used().await?);
    }
    tokio::time::sleep(IDLE).await;
    let mut used = Vec::new();
    for (side, before) in sides.iter().zip(&before) {
        used.push(side.server.used().await?.since(before).cpu.mul_f64(60.0 / IDLE.as_secs_f64()));
    }
    Ok(used)
}

impl Side {
    /// The real people sign in before there is a crowd: their sessions are what the crowd's are copied from.
    async fn prepare(stand: &Stand, crowd: Crowd) -> Result<Self> {
        let place = stand.prepare().await?;
        let people = usize::try_from(REAL)?;
        Server::set_up_for(&place, people)?;
        let server = Server::start(&place).await?;
        let companies = company::gather(&World::discover(&server).await?, people).await?;
        server.stop()?;
        let filled = crowd::fill(&place, crowd).await.context("filling")?;
        let server = Server::start(&place).await?;
        let world = World::discover(&server).await?;
        let cores = std::thread::available_parallelism()?.get();
        let arriving = (0..2 * cores).map(|n| n * people / (2 * cores)).collect();
        Ok(Self { crowd, filled, server, world, companies, clerks: Vec::new(), arriving, _place: place })
    }

    /// What is measured is a service at work, not one that reads every page for the first time.
    async fn everybody_once(&mut self) -> Result<()> {
        let people = usize::try_from(REAL)?;
        let world = self.world.clone();
        let times = |workers: usize| Limit::Times(people.div_ceil(workers));
        let arriving = std::mem::take(&mut self.arriving);
        let own = world.clone();
        let arrive = move |person| sign_in(own.clone(), person);
        let workers = arriving.len();
        self.arriving = drive(arriving, times(workers), arrive).await.0;
        let companies = std::mem::take(&mut self.companies);
        let own = world.clone();
        let hop = move |company| company::hop(own.clone(), company);
        self.companies = drive(companies, times(operations::WORKERS), hop).await.0;
        let clerks = window::clerks(&world, people).await?;
        drive(clerks, times(operations::WORKERS), window::search).await;
        Ok(())
    }

    async fn run(&mut self, name: &'static str, lasting: Duration) -> Result<Row> {
        let world = self.world.clone();
        match name {
            "sso-hop-es256" => self.hop(lasting).await,
            "window-search" => {
                if self.clerks.is_empty() {
                    // Only now: a clerk who does nothing for five minutes is locked out.
                    self.clerks = window::clerks(&self.world, usize::try_from(REAL)?).await?;
                }
                let workers = (&mut self.clerks, window::search);
                load::measure_among(name, &self.server, lasting, workers).await
            }
            _ => {
                let step = move |person| sign_in(world.clone(), person);
                load::measure_among(name, &self.server, lasting, (&mut self.arriving, step)).await
            }
        }
    }

    async fn hop(&mut self, lasting: Duration) -> Result<Row> {
        let world = self.world.clone();
        let step = move |company| company::hop(world.clone(), company);
        load::measure_among("sso-hop-es256", &self.server, lasting, (&mut self.companies, step)).await
    }

    async fn among_sessions(&mut self, lasting: Duration) -> Result<Memory> {
        let hop = self.hop(lasting).await?;
        let world = self.world.clone();
        let step = move |company| company::userinfo(world.clone(), company);
        let workers = (&mut self.companies, step);
        let userinfo = load::measure_among("userinfo", &self.server, lasting, workers).await?;
        let resident = self.server.resident()?;
        Ok(Memory { sessions: self.crowd.sessions, resident, rows: vec![hop, userinfo] })
    }
}

async fn sign_in(world: World, person: usize) -> (usize, Result<()>) {
    let done = operations::sign_in(&world, person).await.map(drop);
    ((person + 1) % usize::try_from(REAL).unwrap_or(1), done)
}
