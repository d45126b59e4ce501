//! Random lives of a family, on real storage: never two live refresh tokens, and nothing alive after its end.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Browser, RelyingParty, Tokens, WANG, World};

#[derive(Debug, Clone, Copy)]
enum Step {
    /// The newest refresh token.
    Refresh,
    /// The one before it, which a client may repeat for a minute.
    Retry,
    /// Any older one.
    Replay(usize),
    /// The code once more.
    ReplayCode,
    RevokeRefresh(usize),
    RevokeAccess(usize),
    SignOut,
    Later(u64),
}

/// What ought to be, told apart from the service's own words.
struct Model {
    refreshes: Vec<String>,
    accesses: Vec<Access>,
    /// When the newest was made from the one before it.
    rotated_at: u64,
    now: u64,
    family: Gone,
}

struct Access {
    token: String,
    made_at: u64,
    revoked: Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    No,
    Yes,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => Just(Step::Refresh),
        4 => Just(Step::Retry),
        1 => (0usize..4).prop_map(Step::Replay),
        1 => Just(Step::ReplayCode),
        1 => (0usize..4).prop_map(Step::RevokeRefresh),
        2 => (0usize..8).prop_map(Step::RevokeAccess),
        1 => Just(Step::SignOut),
        3 => prop_oneof![Just(1u64), Just(30), Just(61)].prop_map(Step::Later),
    ];
    prop::collection::vec(step, 1..14)
}

#[test]
fn a_family_never_has_two_live_refresh_tokens_and_never_rises_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            runtime.block_on(live(&world, &steps));
            Ok(())
        })
        .unwrap();
    drop(world);
}

async fn live(world: &World, steps: &[Step]) {
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = portal.ask("openid profile");
    let code = browser.pass(&ask, &WANG).await.code();
    let first = Tokens::of(&portal.exchange(&code, &ask).await);
    let mut model = Model {
        refreshes: vec![first.refresh.unwrap()],
        accesses: vec![Access { token: first.access, made_at: 0, revoked: Gone::No }],
        rotated_at: 0,
        now: 0,
        family: Gone::No,
    };
    for step in steps {
        match step {
            Step::ReplayCode => {
                assert_eq!(portal.exchange(&code, &ask).await.status, 400);
                // What a code was used for is remembered ten minutes.
                if model.now < 600 {
                    model.family = Gone::Yes;
                }
            }
            Step::SignOut => sign_out(&mut browser, &mut model).await,
            step => model.take(world, &portal, *step).await,
        }
        model.holds(&portal, *step).await;
    }
}

async fn sign_out(browser: &mut Browser, model: &mut Model) {
    let page = browser.get("/sign-out").await;
    if page.name() == "sign-out" {
        browser.submit(&page, &[("decision", "all")]).await;
    }
    model.family = Gone::Yes;
}

impl Model {
    async fn take(&mut self, world: &World, portal: &RelyingParty, step: Step) {
        let newest = self.refreshes.len() - 1;
        match step {
            Step::Refresh => self.show(portal, newest).await,
            Step::Retry if newest > 0 => self.show(portal, newest - 1).await,
            Step::Replay(back) if newest > back + 1 => self.show(portal, newest - back - 2).await,
            Step::RevokeRefresh(back) => {
                assert_eq!(portal.revoke(&self.refreshes[newest.saturating_sub(back)]).await.status, 200);
                self.family = Gone::Yes;
            }
            Step::RevokeAccess(back) => {
                let at = (self.accesses.len() - 1).saturating_sub(back);
                assert_eq!(portal.revoke(&self.accesses[at].token).await.status, 200);
                self.accesses[at].revoked = Gone::Yes;
            }
            Step::Later(seconds) => {
                world.later(seconds);
                self.now += seconds;
            }
            _ => {}
        }
    }

    /// Shows the refresh token at `at`: the newest rotates, the one before it is repeated for a minute, others end everything.
    async fn show(&mut self, portal: &RelyingParty, at: usize) {
        let newest = self.refreshes.len() - 1;
        let within = at + 1 == newest && self.now < self.rotated_at + 60;
        let answer = portal.refresh(&self.refreshes[at]).await;
        if self.family == Gone::Yes || at != newest && !within {
            assert_eq!(answer.status, 400, "{}", answer.body);
            self.family = Gone::Yes;
            return;
        }
        let tokens = Tokens::of(&answer);
        let refresh = tokens.refresh.unwrap();
        if at == newest {
            assert!(!self.refreshes.contains(&refresh));
            self.refreshes.push(refresh);
            self.rotated_at = self.now;
        } else {
            assert_eq!(refresh, self.refreshes[newest]);
        }
        self.accesses.push(Access { token: tokens.access, made_at: self.now, revoked: Gone::No });
    }

    async fn holds(&self, portal: &RelyingParty, after: Step) {
        let mut live = Vec::new();
        for token in &self.refreshes {
            if portal.introspect(token).await.good()["active"] == true {
                live.push(token);
            }
        }
        let expected: Vec<&String> = match self.family {
            Gone::No => self.refreshes.last().into_iter().collect(),
            Gone::Yes => Vec::new(),
        };
        assert_eq!(live, expected, "after {after:?}");
        for access in &self.accesses {
            let alive =
                self.family == Gone::No && access.revoked == Gone::No && self.now < access.made_at + 600;
            assert_eq!(portal.userinfo(&access.token).await.status == 200, alive, "after {after:?}");
        }
    }
}
