//! The operations of devices (RFC 8628): a kiosk that is let in from a phone, and one that waits.

use anyhow::Result;

use crate::declared::{self, Client};
use crate::load::{self, Row};
use crate::operations::{self, Bench, Visitor};
use crate::relying::{Started, World};

impl Bench<'_> {
    /// Codes, a question too early, the person's yes in a browser that is signed in, and the tokens.
    pub async fn device(&self) -> Result<Row> {
        let world = self.world.clone();
        let visitors = operations::visitors(&world).await?;
        load::measure(self.name, self.server, self.lasting, visitors, move |mut visitor| {
            let world = world.clone();
            async move {
                let done = let_in(&world, &mut visitor, &declared::kiosk()).await;
                (visitor, done)
            }
        })
        .await
    }

    /// Nobody has answered. Each device asks once: none is told to slow down.
    pub async fn device_poll(&self) -> Result<Row> {
        let world = self.world.clone();
        let devices = (0..operations::WORKERS).map(|_| Vec::new()).collect();
        let own = world.clone();
        let begin = move |devices| begin(own.clone(), devices);
        let poll = move |devices| poll(world.clone(), devices);
        load::measure_in_turns(self.name, self.server, self.lasting, (devices, begin, poll)).await
    }
}

async fn begin(world: World, mut devices: Vec<Started>) -> (Vec<Started>, Result<()>) {
    let started = world.start_device(&declared::kiosk()).await;
    let done = started.map(|started| devices.push(started));
    (devices, done)
}

async fn poll(world: World, mut devices: Vec<Started>) -> (Vec<Started>, Result<()>) {
    let done = match devices.pop() {
        Some(started) => world.poll_pending(&declared::kiosk(), &started).await,
        None => Err(anyhow::anyhow!("no device was begun")),
    };
    (devices, done)
}

async fn let_in(world: &World, visitor: &mut Visitor, kiosk: &Client) -> Result<()> {
    let started = world.start_device(kiosk).await?;
    world.poll_pending(kiosk, &started).await?;
    visitor.browser.allow(&started.verification_uri_complete, &started.user_code).await?;
    world.poll(kiosk, &started).await.map(drop)
}
