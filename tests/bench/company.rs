//! Many signed-in people who take turns, so that no row of theirs is warmer than those of others.

use anyhow::{Context, Result, ensure};

use crate::declared::{Client, Signed};
use crate::load::{self, Limit};
use crate::operations::{self, Visitor, WORKERS};
use crate::relying::{Tokens, World};

/// The people of one worker.
#[derive(Default)]
pub struct Company {
    visitors: Vec<Visitor>,
    /// Who has not signed in yet.
    waiting: Vec<usize>,
    turn: usize,
    /// What the last hop brought.
    last: Option<(Client, Tokens)>,
}

/// What the second system of each asks for: refresh tokens live as long as sessions do.
const LASTING: &str = "openid profile offline_access";

/// Signs so many people in, each at two systems.
pub async fn gather(world: &World, people: usize) -> Result<Vec<Company>> {
    let company =
        |n| Company { waiting: (0..people).skip(n).step_by(WORKERS).collect(), ..Company::default() };
    let companies: Vec<_> = (0..WORKERS).map(company).collect();
    let own = world.clone();
    let step = move |company| arrive(own.clone(), company);
    let (companies, sample) = load::drive(companies, Limit::Times(people.div_ceil(WORKERS)), step).await;
    ensure!(sample.failures == 0, "signing in: {}", sample.first_failure.unwrap_or_default());
    Ok(companies)
}

/// The SSO hop of whoever's turn it is.
pub async fn hop(world: World, mut company: Company) -> (Company, Result<()>) {
    company.turn = (company.turn + 1) % company.visitors.len();
    let visitor = &mut company.visitors[company.turn];
    let client = visitor.next_client(Signed::Es256);
    let done = operations::hop_to(&world, visitor, &client).await.map(|tokens| {
        company.last = Some((client, tokens));
    });
    (company, done)
}

/// One question with the token of the last hop.
pub async fn userinfo(world: World, company: Company) -> (Company, Result<()>) {
    let done = match &company.last {
        Some((client, tokens)) => world.userinfo(client, &tokens.access_token).await,
        None => Err(anyhow::anyhow!("nobody has hopped")),
    };
    (company, done)
}

async fn arrive(world: World, mut company: Company) -> (Company, Result<()>) {
    let Some(person) = company.waiting.pop() else { return (company, Ok(())) };
    let done = arrived(&world, person).await.map(|visitor| company.visitors.push(visitor));
    (company, done)
}

async fn arrived(world: &World, person: usize) -> Result<Visitor> {
    let mut visitor = Visitor { browser: operations::sign_in(world, person).await?, rounds: person };
    operations::hop(world, &mut visitor, Signed::Es256).await.context("the first system")?;
    let client = visitor.next_client(Signed::Es256);
    let code = world.authorize_for(&mut visitor.browser, &client, None, LASTING).await?;
    world.redeem(&client, &code).await.context("the second system")?;
    Ok(visitor)
}
