//! The window (`/hall/`): a clerk opens a walk-in, looks its person up by ID number, and ends it.

use anyhow::{Result, ensure};

use crate::browser::{Browser, Page};
use crate::declared::{self, Card};
use crate::html::{form_to, form_with, page_name};
use crate::load::{self, Row};
use crate::operations::{Bench, WORKERS};
use crate::relying::World;

/// What the page says of somebody who can sign in.
const HAS_ACCOUNT: &str = "有，可当场确认";

/// A clerk at work, and the people who come to this window in turn.
pub struct Clerk {
    browser: Browser,
    desk: String,
    first: usize,
    people: usize,
    rounds: usize,
}

impl Bench<'_> {
    pub async fn window_search(&self) -> Result<Row> {
        let clerks = clerks(self.world, declared::PEOPLE).await?;
        load::measure(self.name, self.server, self.lasting, clerks, search).await
    }
}

/// One clerk in each hall; nobody is awaited at two windows at once.
pub async fn clerks(world: &World, people: usize) -> Result<Vec<Clerk>> {
    let share = people / WORKERS;
    let mut clerks = Vec::new();
    for n in 0..WORKERS {
        clerks.push(Clerk::sit_down(world, n, (n * share, share)).await?);
    }
    Ok(clerks)
}

/// The desk, a walk-in, the number typed, the person found, and "the person left".
pub async fn search(mut clerk: Clerk) -> (Clerk, Result<()>) {
    let card = clerk.next_card();
    let done = clerk.look_up(&card).await;
    (clerk, done)
}

impl Clerk {
    async fn sit_down(world: &World, n: usize, (first, people): (usize, usize)) -> Result<Self> {
        let officer = declared::clerk(n);
        let (mut browser, desk) = (world.browser(), world.desk());
        let door = browser.open(&desk).await?;
        let entered = [("login", officer.login.as_str()), ("password", officer.password.as_str())];
        let windows = browser.send_form(&door, form_with(&door.body, "login"), &entered).await?;
        let seated = browser
            .send_form(&windows, form_with(&windows.body, "window"), &[("window", declared::WINDOW)])
            .await?;
        is_page(&seated, "hall-desk")?;
        Ok(Self { browser, desk, first, people, rounds: 0 })
    }

    fn next_card(&mut self) -> Card {
        self.rounds += 1;
        declared::card(self.first + self.rounds % self.people)
    }

    async fn look_up(&mut self, card: &Card) -> Result<()> {
        let desk = self.browser.open(&self.desk).await?;
        let asks = self.browser.send_form(&desk, form_to(&desk.body, "/hall/walk-in"), &[]).await?;
        is_page(&asks, "hall-card")?;
        let typed = [
            ("id_type", "resident_id"),
            ("id_number", &card.number),
            ("id_number_again", &card.number),
            ("name", &card.name),
            ("valid_until", "2099-12-31"),
        ];
        let found = self.browser.send_form(&asks, form_with(&asks.body, "id_number"), &typed).await?;
        is_page(&found, "hall-compare")?;
        ensure!(found.body.contains(HAS_ACCOUNT), "the person was not found");
        let left = [("reason", "person_left"), ("decision", "fail_retryable")];
        let decided = self.browser.send_form(&found, form_with(&found.body, "decision"), &left).await?;
        is_page(&decided, "hall-decided")
    }
}

fn is_page(page: &Page, name: &str) -> Result<()> {
    let there = page_name(&page.body).unwrap_or_default();
    ensure!(there == name, "at {there}, not at {name}");
    Ok(())
}
