//! The operations of FAPI 2.0: pushed requests (RFC 9126), and the hop of a client of the security profile.

use anyhow::Result;

use crate::declared::{self, Client, Signed};
use crate::load::{self, Row};
use crate::operations::{self, Bench, Visitor};
use crate::relying::{Code, World};

impl Bench<'_> {
    pub async fn push(&self) -> Result<Row> {
        let world = self.world.clone();
        let clients = (0..operations::WORKERS).map(|n| declared::client(Signed::Es256, n)).collect();
        load::measure(self.name, self.server, self.lasting, clients, move |client: Client| {
            let world = world.clone();
            async move {
                let done = world.push(&client).await.map(drop);
                (client, done)
            }
        })
        .await
    }

    /// From the push to the code.
    pub async fn push_and_authorize(&self) -> Result<Row> {
        let world = self.world.clone();
        let visitors = operations::visitors(&world).await?;
        load::measure(self.name, self.server, self.lasting, visitors, move |mut visitor| {
            let world = world.clone();
            async move {
                let client = visitor.next_client(Signed::Es256);
                let done = authorize_pushed(&world, &mut visitor, &client).await.map(drop);
                (visitor, done)
            }
        })
        .await
    }

    /// Pushed request, code, tokens and userinfo; an assertion at each endpoint that asks for one, a proof at each.
    pub async fn fapi_hop(&self) -> Result<Row> {
        let world = self.world.clone();
        let mut customers = Vec::new();
        for visitor in operations::visitors(&world).await? {
            customers.push((visitor, declared::fapi(world.prover().await?)));
        }
        load::measure(self.name, self.server, self.lasting, customers, move |(mut visitor, client)| {
            let world = world.clone();
            async move {
                let done = hop(&world, &mut visitor, &client).await;
                ((visitor, client), done)
            }
        })
        .await
    }
}

async fn authorize_pushed(world: &World, visitor: &mut Visitor, client: &Client) -> Result<Code> {
    let pushed = world.push(client).await?;
    world.authorize_pushed(&mut visitor.browser, client, pushed).await
}

async fn hop(world: &World, visitor: &mut Visitor, client: &Client) -> Result<()> {
    let code = authorize_pushed(world, visitor, client).await?;
    let tokens = world.redeem(client, &code).await?;
    world.userinfo(client, &tokens.access_token).await
}
