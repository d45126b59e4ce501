//! The decision: what it needs, what it refuses, and that it happens once.

use std::sync::Arc;

use super::support::*;
use crate::hall::card::{CardRefusal, Source};
use crate::hall::decide::{
    Check, Checks, Decided, Decision, DecisionRefusal as D, Reason, SecondLook, Verdict,
};
use crate::hall::state::Outcome;
use crate::hall::{Answer, At, State, StepRefusal, counter, decide, statistics};
use crate::sql;

#[tokio::test]
async fn passing_needs_a_card_three_answers_and_a_second_look_at_what_was_typed() {
    let house = House::open().await;
    let visit = house.taken().await;
    assert_eq!(refused(house.decide(&visit, &PASS).await), D::NoCard);
    let visit = house.by_hand(&visit, CITIZEN, CITIZEN_NAME).await;
    for check in [Check::Fail, Check::CannotTell] {
        for checks in [
            Checks { document_genuine: check, ..ALL_PASS },
            Checks { holder_matches: check, ..ALL_PASS },
            Checks { speaks_for_self: check, ..ALL_PASS },
        ] {
            assert_eq!(refused(house.decide(&visit, &Decision { checks, ..PASS }).await), D::ChecksNotPassed);
        }
    }
    let hasty = Decision { second_look: SecondLook::NotGiven, ..PASS };
    assert_eq!(refused(house.decide(&visit, &hasty).await), D::SecondLookMissing);
    house.passed(&visit).await;

    // The chip needs none.
    let (visit, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    assert!(matches!(house.decide(&visit, &hasty).await, Answer::Done(Decided::Passed { .. })));
}

#[tokio::test]
async fn only_the_clerk_who_has_the_visit_decides_it() {
    let house = House::open().await;
    let (visit, _) = house.chip(&house.taken().await, CITIZEN, CITIZEN_NAME).await;
    let colleague = house.desk_of("clerk2", "hall-1", "A02").await;
    let at = At { desk: &colleague, visit: &visit.id, version: visit.version };
    let answer = decide::decide(&house.db, &house.keys, &house.moment(), (&at, &PASS)).await.unwrap();
    assert_eq!(refused(answer), D::Step(StepRefusal::NotYours));
    house.passed(&visit).await;
    assert_eq!(refused(house.decide(&visit, &PASS).await), D::Step(StepRefusal::Moved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_decisions_at_once_one_is_made() {
    let house = Arc::new(House::open().await);
    let (visit, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    let tasks = (0..20).map(|number| {
        let (house, visit) = (house.clone(), visit.clone());
        tokio::spawn(async move {
            let verdict = if number % 2 == 0 { Verdict::Pass } else { Verdict::FailFinal(Reason::Other) };
            house.decide(&visit, &Decision { verdict, ..PASS }).await
        })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let (done, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| matches!(a, Answer::Done(_)));
    assert_eq!(done.len(), 1);
    assert!(lost.into_iter().all(|answer| refused(answer) == D::Step(StepRefusal::Moved)));
    assert_eq!(house.events("visit_decided").await, 1);
    let (evidence,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM evidence")).await;
    let (receipts,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM receipt")).await;
    assert_eq!(evidence, receipts);
}

#[tokio::test]
async fn a_failed_visit_ends_and_the_person_may_come_again() {
    let house = House::open().await;
    let (visit, _) = house.chip(&house.taken().await, CITIZEN, CITIZEN_NAME).await;
    let fail = Decision { verdict: Verdict::FailRetryable(Reason::PersonNotMatched), ..PASS };
    let Decided::Failed { visit, outcome } = done(house.decide(&visit, &fail).await) else {
        panic!("passed")
    };
    assert_eq!((visit.state, outcome), (State::Decided, Outcome::FailedRetryable));
    assert_eq!(house.visit(&visit).await.reason.as_deref(), Some("person_not_matched"));
    let (evidence,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM evidence")).await;
    assert_eq!(evidence, 0);
    assert_ne!(house.enrol().await.visit.id, visit.id);
}

#[tokio::test]
async fn five_failed_decisions_about_a_stranger_end_the_tries_but_leaving_is_no_try() {
    let house = House::open().await;
    let reasons = [Reason::PersonLeft, Reason::PersonNotMatched, Reason::DocumentNotAccepted];
    for reason in reasons.into_iter().chain([Reason::Other; 3]) {
        let (visit, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
        done(house.decide(&visit, &Decision { verdict: Verdict::FailFinal(reason), ..PASS }).await);
    }
    let visit = house.walk_in().await;
    let answer = house.try_chip(&visit, &card(STRANGER, STRANGER_NAME)).await;
    assert_eq!(refused(answer), CardRefusal::TooManyTries);
    house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
}

#[tokio::test]
async fn a_clerk_sees_the_figures_of_the_day() {
    let house = House::open().await;
    let today = async || statistics::today(&house.db, &house.moment(), &house.desk).await.unwrap();
    assert_eq!(today().await, statistics::Today::default());
    let visit = house.taken().await;
    house.wait(120);
    let (visit, _) = house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
    house.passed(&visit).await;
    let visit = house.walk_in().await;
    house.wait(240);
    done(house.decide(&visit, &Decision { verdict: Verdict::FailFinal(Reason::PersonLeft), ..PASS }).await);
    let figures = today().await;
    assert_eq!((figures.decided, figures.passed, figures.mean_minutes), (2, 1, Some(3)));
    house.wait(24 * 3600);
    assert_eq!(today().await, statistics::Today::default());
}

/// On PostgreSQL they run side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_person_decided_at_two_windows_at_once_is_put_on_record_once() {
    let house = House::open().await;
    let colleague = house.desk_of("clerk2", "hall-1", "A02").await;
    let theirs = counter::walk_in(&house.db, &house.moment(), &colleague).await.unwrap();
    let at = At { desk: &colleague, visit: &theirs.id, version: theirs.version };
    let reading = house.reading(&theirs, &card(STRANGER, STRANGER_NAME));
    let source = Source::Chip { readers: &house.readers, signed: &reading };
    let (keys, moment) = (&house.keys, house.moment());
    let theirs = done(crate::hall::card::read(&house.db, keys, &moment, (&at, source)).await.unwrap()).visit;
    let (ours, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    let at = At { desk: &colleague, visit: &theirs.id, version: theirs.version };
    let (one, other) =
        tokio::join!(decide::decide(&house.db, keys, &moment, (&at, &PASS)), house.decide(&ours, &PASS),);
    // The later one finds the person, and takes over as at any other time.
    assert!(matches!((one.unwrap(), other), (Answer::Done(_), Answer::Done(_))));
    let (people,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM person")).await;
    assert_eq!(people, 2);
}
