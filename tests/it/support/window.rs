//! A clerk at a window, as far as a citizen sees what they do: the card is typed, the decision is made.

use serde_json::json;
use tongyao::base::{Actor, Moment};
use tongyao::hall::bind::{self, Offer};
use tongyao::hall::card::{self, HandEntry, Source};
use tongyao::hall::decide::{self, Check, Checks, Decided, Decision, SecondLook, Verdict};
use tongyao::hall::{Answer, At, Desk, Visit, counter, slip};

use super::look::Look;
use super::world::{ISSUER, World};

/// A window of a hall with its clerk.
pub struct Window<'a> {
    world: &'a World,
    desk: Desk,
}

impl<'a> Window<'a> {
    /// Opens a hall in the town.
    pub async fn open(world: &'a World) -> Self {
        let hall =
            json!({"id": "hall-1", "name": "市民之家", "department": "data", "windows": ["A01", "A02"]});
        let clerk = json!({"login": "clerk1", "name": "王敏", "roles": ["clerk"], "hall": "hall-1",
            "password": "Window-Clerk-2026"});
        world.apply(json!({ "halls": [hall], "staff": [clerk] })).await;
        let clerk = Look::at(world).await.texts("SELECT id FROM staff").await.remove(0);
        let desk =
            Desk { clerk: clerk.parse().unwrap(), hall: "hall-1".to_owned(), window: "A01".to_owned() };
        Self { world, desk }
    }

    /// Takes the visit of a code as its citizen says it.
    pub async fn take(&self, code: &str) -> Visit {
        let app = &self.world.app;
        done(counter::take_by_code(&app.db, &app.keys, &self.moment(), (&self.desk, code)).await.unwrap())
    }

    /// Somebody who has not enrolled comes to the window.
    pub async fn walk_in(&self) -> Visit {
        counter::walk_in(&self.world.app.db, &self.moment(), &self.desk).await.unwrap()
    }

    /// Types the card and finds everything as it should be.
    pub async fn pass(&self, visit: &Visit, (number, name): (&str, &str)) -> Visit {
        match self.decide(visit, (number, name), Verdict::Pass).await {
            Decided::Passed { visit, .. } => visit,
            Decided::Failed { .. } => panic!("the visit failed"),
        }
    }

    pub async fn decide(&self, visit: &Visit, (number, name): (&str, &str), verdict: Verdict) -> Decided {
        let hand = HandEntry {
            id_type: "resident_id",
            id_number: number,
            id_number_again: number,
            name,
            issuing_country: None,
            valid_until: Some(""),
        };
        let (app, moment) = (&self.world.app, self.moment());
        let read = (&self.at(visit), Source::Hand(hand));
        let visit = done(card::read(&app.db, &app.keys, &moment, read).await.unwrap()).visit;
        let checks = Checks {
            document_genuine: Check::Pass,
            holder_matches: Check::Pass,
            speaks_for_self: Check::Pass,
        };
        let decision = Decision { checks, second_look: SecondLook::Given, verdict, issuer: ISSUER };
        done(decide::decide(&app.db, &app.keys, &moment, (&self.at(&visit), &decision)).await.unwrap())
    }

    /// Shows the QR code and the number.
    pub async fn offer(&self, visit: &Visit) -> Offer {
        done(bind::offer(&self.world.app.db, &self.moment(), &self.at(visit)).await.unwrap())
    }

    /// Prints the slip; the code on it.
    pub async fn slip(&self, visit: &Visit) -> String {
        done(slip::issue(&self.world.app.db, &self.moment(), &self.at(visit)).await.unwrap()).code.printed()
    }

    fn at<'b>(&'b self, visit: &'b Visit) -> At<'b> {
        At { desk: &self.desk, visit: &visit.id, version: visit.version }
    }

    fn moment(&self) -> Moment {
        self.world.app.moment().by(Actor::Staff(self.desk.clerk.clone()))
    }
}

#[track_caller]
fn done<T, R: std::fmt::Debug>(answer: Answer<T, R>) -> T {
    match answer {
        Answer::Done(done) => done,
        Answer::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}
