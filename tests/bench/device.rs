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

    /// Nobody answers: the same question again and again.
    pub async fn device_poll(&self) -> Result<Row> {
        let (world, kiosk) = (self.world.clone(), declared::kiosk());
        let mut waiting: Vec<Started> = Vec::new();
        for _ in 0..operations::WORKERS {
            waiting.push(world.start_device(&kiosk).await?);
        }
        load::measure(self.name, self.server, self.lasting, waiting, move |started| {
            let (world, kiosk) = (world.clone(), kiosk.clone());
            async move {
                let done = world.poll_pending(&kiosk, &started).await;
                (started, done)
            }
        })
        .await
    }
}

async fn let_in(world: &World, visitor: &mut Visitor, kiosk: &Client) -> Result<()> {
    let started = world.start_device(kiosk).await?;
    world.poll_pending(kiosk, &started).await?;
    visitor.browser.allow(&started.verification_uri_complete, &started.user_code).await?;
    world.poll(kiosk, &started).await.map(drop)
}
