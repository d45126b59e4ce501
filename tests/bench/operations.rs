//! The operations of the bench, each one thing a relying system or a person does.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::browser::Browser;
use crate::declared::{self, Client, Signed};
use crate::load::{self, Row};
use crate::plan::Plan;
use crate::relying::{Code, Tokens, World};
use crate::server::Server;

/// What `--only` may name.
pub const NAMES: &[&str] = &[
    "greeting",
    "sso-hop-es256",
    "sso-hop-rs256",
    "authorize",
    "code-exchange",
    "refresh",
    "client-credentials",
    "userinfo",
    "introspection",
    "password-sign-in",
    "window-search",
    "par-push",
    "par-authorize",
    "dpop-refresh",
    "dpop-userinfo",
    "fapi2-hop",
    "device",
    "device-poll",
    "mtls-token",
    "mtls-userinfo",
    "mtls-handshake",
    "storm",
];

/// Measured elsewhere: by itself, and on a server of its own.
const ELSEWHERE: &[&str] = &["storm", "mtls-token", "mtls-userinfo", "mtls-handshake"];

/// Browsers or systems at work side by side.
pub const WORKERS: usize = 16;

/// Signatures one SSO hop makes for a kind of client, by algorithm.
pub type HopSignatures = Vec<(Signed, Vec<String>)>;

/// Measures every operation the plan wants; one that cannot be prepared becomes a row that says why.
pub async fn measure(world: &World, server: &Server, plan: &Plan) -> Result<(Vec<Row>, HopSignatures)> {
    let (mut rows, mut signatures) = (Vec::new(), Vec::new());
    for name in side_by_side().filter(|name| plan.wants(name)) {
        let bench = Bench { name, world, server, lasting: plan.lasting };
        let row = bench.run().await.unwrap_or_else(|error| Row::failed(name, format!("{error:#}")));
        eprintln!("measured {name}");
        rows.push(row);
    }
    for signed in Signed::BOTH {
        if let Ok(algorithms) = hop_signatures(world, signed).await {
            signatures.push((signed, algorithms));
        }
    }
    Ok((rows, signatures))
}

/// Those that one server measures after another.
pub fn side_by_side() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied().filter(|name| !ELSEWHERE.contains(name))
}

/// One operation about to be measured.
pub struct Bench<'a> {
    pub name: &'static str,
    pub world: &'a World,
    pub server: &'a Server,
    pub lasting: Duration,
}

/// A signed-in person who goes from system to system.
pub struct Visitor {
    pub browser: Browser,
    pub rounds: usize,
}

/// A system with tokens of its own.
struct System {
    client: Client,
    tokens: Tokens,
}

/// What a system's tokens are bound to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    None,
    /// Each request carries a proof with the service's nonce.
    Key,
}

/// A signed-in person and codes not yet redeemed.
struct Collector {
    visitor: Visitor,
    codes: Vec<(Client, Code)>,
}

impl Bench<'_> {
    pub async fn run(&self) -> Result<Row> {
        match self.name {
            "greeting" => self.greeting().await,
            "sso-hop-es256" => self.sso_hop(Signed::Es256).await,
            "sso-hop-rs256" => self.sso_hop(Signed::Rs256).await,
            "authorize" => self.authorize().await,
            "code-exchange" => self.code_exchange().await,
            "refresh" => self.refresh(Binding::None).await,
            "client-credentials" => self.client_credentials().await,
            "userinfo" => self.userinfo(Binding::None).await,
            "introspection" => self.introspection().await,
            "window-search" => self.window_search().await,
            "par-push" => self.push().await,
            "par-authorize" => self.push_and_authorize().await,
            "dpop-refresh" => self.refresh(Binding::Key).await,
            "dpop-userinfo" => self.userinfo(Binding::Key).await,
            "fapi2-hop" => self.fapi_hop().await,
            "device" => self.device().await,
            "device-poll" => self.device_poll().await,
            _ => self.password_sign_in().await,
        }
    }

    async fn greeting(&self) -> Result<Row> {
        let world = self.world.clone();
        load::measure(self.name, self.server, self.lasting, vec![(); WORKERS], move |()| {
            let world = world.clone();
            async move { ((), world.greet().await) }
        })
        .await
    }

    async fn sso_hop(&self, signed: Signed) -> Result<Row> {
        let world = self.world.clone();
        load::measure(self.name, self.server, self.lasting, visitors(&world).await?, move |mut visitor| {
            let world = world.clone();
            async move {
                let done = hop(&world, &mut visitor, signed).await.map(drop);
                (visitor, done)
            }
        })
        .await
    }

    async fn authorize(&self) -> Result<Row> {
        let world = self.world.clone();
        load::measure(self.name, self.server, self.lasting, visitors(&world).await?, move |mut visitor| {
            let world = world.clone();
            async move {
                let client = visitor.next_client(Signed::Es256);
                let done = world.authorize(&mut visitor.browser, &client, None).await.map(drop);
                (visitor, done)
            }
        })
        .await
    }

    async fn code_exchange(&self) -> Result<Row> {
        let world = self.world.clone();
        let visitors = visitors(&world).await?;
        let collectors = visitors.into_iter().map(|visitor| Collector { visitor, codes: Vec::new() });
        let own = world.clone();
        let collect = move |collector| collect(own.clone(), collector);
        let redeem = move |collector| redeem(world.clone(), collector);
        load::measure_in_turns(self.name, self.server, self.lasting, (collectors.collect(), collect, redeem))
            .await
    }

    async fn refresh(&self, binding: Binding) -> Result<Row> {
        let world = self.world.clone();
        load::measure(
            self.name,
            self.server,
            self.lasting,
            systems(&world, binding).await?,
            move |mut system| {
                let world = world.clone();
                async move {
                    let done = refresh_once(&world, &mut system).await;
                    (system, done)
                }
            },
        )
        .await
    }

    async fn client_credentials(&self) -> Result<Row> {
        let world = self.world.clone();
        let clients = (0..WORKERS).map(|n| declared::client(Signed::Es256, n)).collect();
        load::measure(self.name, self.server, self.lasting, clients, move |client: Client| {
            let world = world.clone();
            async move {
                let done = world.client_credentials(&client).await.map(drop);
                (client, done)
            }
        })
        .await
    }

    async fn userinfo(&self, binding: Binding) -> Result<Row> {
        let world = self.world.clone();
        load::measure(self.name, self.server, self.lasting, systems(&world, binding).await?, move |system| {
            let world = world.clone();
            async move {
                let done = world.userinfo(&system.client, &system.tokens.access_token).await;
                (system, done)
            }
        })
        .await
    }

    async fn introspection(&self) -> Result<Row> {
        let world = self.world.clone();
        load::measure(
            self.name,
            self.server,
            self.lasting,
            systems(&world, Binding::None).await?,
            move |system| {
                let world = world.clone();
                async move {
                    let done = world.introspect(&system.client, &system.tokens.access_token).await;
                    (system, done)
                }
            },
        )
        .await
    }

    /// Twice as many people as cores: enough to keep the hash busy, too few to overflow its waiting room.
    async fn password_sign_in(&self) -> Result<Row> {
        let world = self.world.clone();
        let cores = thread::available_parallelism()?.get();
        let people = (0..2 * cores).map(|n| n * 31).collect();
        load::measure(self.name, self.server, self.lasting, people, move |person: usize| {
            let world = world.clone();
            async move {
                let done = sign_in(&world, person).await.map(drop);
                ((person + 1) % declared::PEOPLE, done)
            }
        })
        .await
    }
}

impl Visitor {
    pub fn next_client(&mut self, signed: Signed) -> Client {
        self.rounds += 1;
        declared::client(signed, self.rounds)
    }
}

/// A person signs in with a password in an empty browser and is sent back to a system.
pub async fn sign_in(world: &World, person: usize) -> Result<Browser> {
    let mut browser = world.browser();
    let client = declared::client(Signed::Es256, person);
    world.authorize(&mut browser, &client, Some(&declared::login(person))).await.context("signing in")?;
    Ok(browser)
}

pub async fn visitors(world: &World) -> Result<Vec<Visitor>> {
    let mut visitors = Vec::new();
    for person in 0..WORKERS {
        visitors.push(Visitor { browser: sign_in(world, person).await?, rounds: person });
    }
    Ok(visitors)
}

pub async fn hop(world: &World, visitor: &mut Visitor, signed: Signed) -> Result<Tokens> {
    let client = visitor.next_client(signed);
    hop_to(world, visitor, &client).await
}

pub async fn hop_to(world: &World, visitor: &mut Visitor, client: &Client) -> Result<Tokens> {
    let code = world.authorize(&mut visitor.browser, client, None).await?;
    let tokens = world.redeem(client, &code).await?;
    world.userinfo(client, &tokens.access_token).await?;
    Ok(tokens)
}

async fn collect(world: World, mut collector: Collector) -> (Collector, Result<()>) {
    let client = collector.visitor.next_client(Signed::Es256);
    let done = world.authorize(&mut collector.visitor.browser, &client, None).await;
    collector.kept(client, done)
}

impl Collector {
    fn kept(mut self, client: Client, code: Result<Code>) -> (Self, Result<()>) {
        let done = code.map(|code| self.codes.push((client, code)));
        (self, done)
    }
}

async fn redeem(world: World, mut collector: Collector) -> (Collector, Result<()>) {
    let Some((client, code)) = collector.codes.pop() else {
        return (collector, Err(anyhow::anyhow!("no code was collected")));
    };
    let done = world.redeem(&client, &code).await.map(drop);
    (collector, done)
}

/// Systems with tokens that can be refreshed, one signed-in person each.
async fn systems(world: &World, binding: Binding) -> Result<Vec<System>> {
    let mut systems = Vec::new();
    for mut visitor in visitors(world).await? {
        let mut client = visitor.next_client(Signed::Es256);
        if binding == Binding::Key {
            client.prover = Some(world.prover().await?);
        }
        let code =
            world.authorize_for(&mut visitor.browser, &client, None, "openid profile offline_access").await?;
        let tokens = world.redeem(&client, &code).await?;
        systems.push(System { client, tokens });
    }
    Ok(systems)
}

async fn refresh_once(world: &World, system: &mut System) -> Result<()> {
    let token = system.tokens.refresh_token.as_deref().context("there is no refresh token")?;
    let fresh = world.refresh(&system.client, token).await?;
    // Rotation is the server's choice; where it keeps the old token it may leave it out (RFC 6749 §6).
    let kept = system.tokens.refresh_token.take();
    system.tokens = Tokens { refresh_token: fresh.refresh_token.clone().or(kept), ..fresh };
    Ok(())
}

async fn hop_signatures(world: &World, signed: Signed) -> Result<Vec<String>> {
    let mut visitor = Visitor { browser: sign_in(world, 0).await?, rounds: 0 };
    let tokens = hop(world, &mut visitor, signed).await?;
    Ok([tokens.id_token.as_deref(), Some(tokens.access_token.as_str())]
        .into_iter()
        .flatten()
        .filter_map(algorithm)
        .collect())
}

/// `alg` of a JWT; nothing for an opaque token.
fn algorithm(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    let header: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    Some(header["alg"].as_str()?.to_string())
}
