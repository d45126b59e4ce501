//! The operations of mutual TLS (RFC 8705), over the service's own TLS on a server of its own.

use anyhow::{Context, Result};

use crate::certificates::{Authority, Connections};
use crate::declared::{self, CERTIFIED};
use crate::load::{self, Row};
use crate::operations::{self, WORKERS};
use crate::plan::{Plan, Stand};
use crate::relying::{Tokens, World};
use crate::server::Server;

const NAMES: [&str; 3] = ["mtls-token", "mtls-userinfo", "mtls-handshake"];

/// Nothing where the plan wants none of it.
pub async fn measure(stand: &Stand, plan: &Plan) -> Result<Vec<Row>> {
    let wanted: Vec<_> = NAMES.into_iter().filter(|name| plan.wants(name)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut place = stand.prepare().await?;
    let (authority, files) = Authority::set_up(&place.folder)?;
    place.encrypted = Some(files);
    Server::set_up(&place)?;
    let server = Server::start_for(&place, &authority.http_without()?).await?;
    let mut rows = Vec::new();
    for name in wanted {
        let line = Line { name, server: &server, authority: &authority, plan };
        let row = line.run().await.unwrap_or_else(|error| Row::failed(name, format!("{error:#}")));
        eprintln!("measured {name}");
        rows.push(row);
    }
    server.stop()?;
    Ok(rows)
}

struct Line<'a> {
    name: &'static str,
    server: &'a Server,
    authority: &'a Authority,
    plan: &'a Plan,
}

impl Line<'_> {
    async fn run(&self) -> Result<Row> {
        match self.name {
            "mtls-token" => self.token().await,
            "mtls-userinfo" => self.userinfo().await,
            _ => self.handshake().await,
        }
    }

    /// Client credentials: the certificate is checked up to its authority, and the token is bound to it.
    async fn token(&self) -> Result<Row> {
        let systems = self.systems(Connections::Kept).await?;
        load::measure(self.name, self.server, self.plan.lasting, systems, |system: World| async move {
            let done = system.client_credentials(&declared::certified()).await.map(drop);
            (system, done)
        })
        .await
    }

    async fn userinfo(&self) -> Result<Row> {
        let mut systems = Vec::new();
        for (person, system) in self.systems(Connections::Kept).await?.into_iter().enumerate() {
            let tokens = tokens(&system, person).await.context("getting a bound token")?;
            systems.push((system, tokens));
        }
        load::measure(self.name, self.server, self.plan.lasting, systems, |(system, tokens)| async move {
            let done = system.userinfo(&declared::certified(), &tokens.access_token).await;
            ((system, tokens), done)
        })
        .await
    }

    /// A new connection with a certificate for each request, and the smallest request there is.
    async fn handshake(&self) -> Result<Row> {
        let systems = self.systems(Connections::Each).await?;
        load::measure(self.name, self.server, self.plan.lasting, systems, |system: World| async move {
            let done = system.greet().await;
            (system, done)
        })
        .await
    }

    /// Each with a connection and a certificate of its own.
    async fn systems(&self, connections: Connections) -> Result<Vec<World>> {
        let mut systems = Vec::new();
        for _ in 0..WORKERS {
            let http = self.authority.http(CERTIFIED, connections)?;
            systems.push(World::discover_by(http, self.server).await?);
        }
        Ok(systems)
    }
}

async fn tokens(system: &World, person: usize) -> Result<Tokens> {
    let (client, mut browser) = (declared::certified(), operations::sign_in(system, person).await?);
    let code = system.authorize(&mut browser, &client, None).await?;
    system.redeem(&client, &code).await
}
