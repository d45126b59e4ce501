//! The binding: one phone, one number, once.

use std::sync::Arc;

use super::support::*;
use crate::hall::bind::{self, By, Confirmation, Confirmed};
use crate::hall::binding_refusal::BindingRefusal as B;
use crate::hall::{State, StepRefusal};
use crate::identity::store::proof;
use crate::sql;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_confirmations_at_once_bind_once() {
    let house = Arc::new(House::open().await);
    let visit = house.awaiting().await;
    let offer = Arc::new(house.offer(&visit).await);
    let tasks = (0..50).map(|number| {
        let (house, offer) = (house.clone(), offer.clone());
        tokio::spawn(async move {
            let by = if number % 2 == 0 { By::Token(offer.token.expose()) } else { By::Account };
            done(house.confirm(by, &offer.number).await)
        })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Confirmed::Now(_))).count(), 1);
    assert_eq!(house.events("binding_confirmed").await, 1);
    assert_eq!(proof::list_of_account(&mut house.db.read(), &house.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn three_wrong_numbers_end_the_offer_and_a_new_one_begins_again() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let offer = house.offer(&visit).await;
    let wrong = if offer.number == "10" { "11" } else { "10" };
    let by = By::Token(offer.token.expose());
    assert_eq!(refused(house.confirm(by, "7").await), B::NotANumber);
    assert_eq!(refused(house.confirm(by, wrong).await), B::WrongNumber { tries_left: 2 });
    assert_eq!(refused(house.confirm(By::Account, wrong).await), B::WrongNumber { tries_left: 1 });
    let seen = bind::standing(&house.db, &house.moment(), &visit.id).await.unwrap().unwrap();
    assert_eq!((seen.number, seen.tries_left), (offer.number.clone(), 1));
    assert_eq!(refused(house.confirm(by, wrong).await), B::Ended);
    assert_eq!(refused(house.confirm(by, &offer.number).await), B::Ended);
    assert_eq!(refused(house.confirm(By::Account, &offer.number).await), B::Ended);
    assert_eq!(bind::standing(&house.db, &house.moment(), &visit.id).await.unwrap(), None);
    assert_eq!(house.visit(&visit).await.state, State::AwaitingBinding);

    let newer = house.offer(&visit).await;
    let full_width: String =
        newer.number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    assert_eq!(done(house.confirm(By::Account, &full_width).await), Confirmed::Now(visit.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_numbers_sent_at_once_are_all_counted() {
    let house = Arc::new(House::open().await);
    let visit = house.awaiting().await;
    let offer = house.offer(&visit).await;
    let wrong: Vec<String> =
        (10..100).map(|n| n.to_string()).filter(|number| *number != offer.number).take(30).collect();
    let tasks = wrong.into_iter().map(|number| {
        let house = house.clone();
        tokio::spawn(async move { refused(house.confirm(By::Account, &number).await) })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, B::WrongNumber { .. })).count(), 2);
    assert_eq!(refused(house.confirm(By::Account, &offer.number).await), B::Ended);
}

#[tokio::test]
async fn a_newer_offer_replaces_the_older_one() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let older = house.offer(&visit).await;
    let late = bind::offer(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(late), StepRefusal::Moved);
    let newer = house.offer(&visit).await;
    let by = By::Token(older.token.expose());
    assert_eq!(refused(house.confirm(by, &older.number).await), B::NoOffer);
    assert!(
        bind::invitation_of_token(&house.db, &house.moment(), older.token.expose()).await.unwrap().is_none()
    );
    let invited = bind::invitation_of_token(&house.db, &house.moment(), newer.token.expose()).await.unwrap();
    assert_eq!(invited.unwrap().person, house.person);
    let (live,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM binding WHERE ended_at IS NULL")).await;
    assert_eq!(live, 1);
}

#[tokio::test]
async fn an_offer_lives_ten_minutes() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let offer = house.offer(&visit).await;
    house.wait(599);
    assert!(bind::invitation_of_person(&house.db, &house.moment(), &house.person).await.unwrap().is_some());
    house.wait(1);
    assert!(bind::invitation_of_person(&house.db, &house.moment(), &house.person).await.unwrap().is_none());
    let by = By::Token(offer.token.expose());
    assert_eq!(refused(house.confirm(by, &offer.number).await), B::Expired);
}

#[tokio::test]
async fn somebody_elses_phone_cannot_confirm() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let offer = house.offer(&visit).await;
    let (thief, account) = house.citizen(STRANGER, STRANGER_NAME).await;
    let confirm = async |by| {
        let confirmation = Confirmation { by, person: &thief, account: &account, number: &offer.number };
        refused(bind::confirm(&house.db, &house.keys, &house.moment(), &confirmation).await.unwrap())
    };
    assert_eq!(confirm(By::Token(offer.token.expose())).await, B::AnotherPerson);
    assert_eq!(confirm(By::Account).await, B::NoOffer);
    assert_eq!(confirm(By::Token("no such token")).await, B::NoOffer);
    assert_eq!(house.events("binding_refused").await, 1);

    // The right person with an account that is not theirs.
    let by = By::Token(offer.token.expose());
    let mixed = Confirmation { by, person: &house.person, account: &account, number: &offer.number };
    let answer = bind::confirm(&house.db, &house.keys, &house.moment(), &mixed).await.unwrap();
    assert_eq!(refused(answer), B::AnotherPerson);
    assert!(proof::list_of_account(&mut house.db.read(), &account).await.unwrap().is_empty());
    assert_eq!(house.visit(&visit).await.state, State::AwaitingBinding);
}

#[tokio::test]
async fn nothing_is_offered_before_the_decision_or_after_the_binding() {
    let house = House::open().await;
    let (visit, _) = house.chip(&house.taken().await, CITIZEN, CITIZEN_NAME).await;
    let answer = bind::offer(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(answer), StepRefusal::Moved);
    let (visit, ..) = house.passed(&visit).await;
    let offer = house.offer(&visit).await;
    done(house.confirm(By::Account, &offer.number).await);
    let answer = bind::offer(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(answer), StepRefusal::Moved);
}

#[tokio::test]
async fn a_citizen_who_says_no_is_bound_to_nothing() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let decline = async || bind::decline(&house.db, &house.moment(), &house.person).await.unwrap();
    assert!(!decline().await);
    let offer = house.offer(&visit).await;
    assert!(decline().await);
    assert!(!decline().await);
    let by = By::Token(offer.token.expose());
    assert_eq!(refused(house.confirm(by, &offer.number).await), B::NoOffer);
    assert_eq!(house.events("binding_refused").await, 2);
    let again = house.offer(&visit).await;
    done(house.confirm(By::Account, &again.number).await);
}
