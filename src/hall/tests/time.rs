//! What time alone ends.

use super::support::*;
use crate::hall::bind;
use crate::hall::expire::expire;
use crate::hall::{State, StepRefusal, counter, slip};
use crate::sql;
use crate::storage::Run;

#[tokio::test]
async fn the_sweep_expires_what_is_overdue_and_nothing_else() {
    let house = House::open().await;
    let enrolled = house.enrol().await.visit;
    let (awaiting, _) = house.stranger_awaiting().await;
    house.offer(&awaiting).await;
    house.slip(&awaiting).await;
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 0);

    house.wait(600);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 0);
    let live: (i64, i64) = house
        .one(sql!(
            "SELECT (SELECT COUNT(*) FROM binding WHERE ended_at IS NULL),
                    (SELECT COUNT(*) FROM continuation WHERE ended_at IS NULL)"
        ))
        .await;
    assert_eq!(live, (0, 1));

    house.wait(48 * 3600);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 1);
    assert_eq!(house.visit(&awaiting).await.state, State::Expired);
    assert_eq!(house.visit(&enrolled).await.state, State::Open);
    house.wait(13 * 24 * 3600);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 1);
    assert_eq!(house.visit(&enrolled).await.state, State::Expired);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 0);
    assert_eq!(house.events("visit_expired").await, 2);
}

#[tokio::test]
async fn an_overdue_visit_makes_room_before_the_sweep_has_come_by() {
    let house = House::open().await;
    let old = house.enrol().await.visit;
    house.wait(15 * 24 * 3600);
    let new = house.enrol().await.visit;
    assert_ne!(new.id, old.id);
    assert_eq!(house.visit(&old).await.state, State::Expired);
}

#[tokio::test]
async fn a_visit_taken_on_its_last_minute_does_not_lapse_at_the_counter() {
    let house = House::open().await;
    let code = house.enrol().await.code.unwrap().printed();
    house.wait(15 * 24 * 3600 - 60);
    let visit = house.take_by_code(&code).await;
    house.wait(3600);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 0);
    house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
}

#[tokio::test]
async fn a_visit_left_at_the_counter_expires_with_what_was_read() {
    let house = House::open().await;
    let (visit, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    house.wait(4 * 3600);
    let answer = counter::release(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(answer), StepRefusal::Moved);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 1);
    let (kept,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM visit WHERE capture IS NOT NULL")).await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_proof_that_waited_too_long_is_bound_to_nothing() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    house.wait(48 * 3600 - 60);
    let offer = house.offer(&visit).await;
    house.wait(60);
    assert_eq!(
        refused(house.confirm(bind::By::Account, &offer.number).await),
        crate::hall::binding_refusal::BindingRefusal::NoOffer
    );
    let answer = slip::issue(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(answer), StepRefusal::Moved);
}

#[tokio::test]
async fn hundreds_expire_in_one_sweep() {
    let house = House::open().await;
    for _ in 0..405 {
        let visit = house.walk_in().await;
        // One that nothing was done in would be opened again.
        let mut tx = house.db.begin().await.unwrap();
        tx.execute(sql!("UPDATE visit SET version = 2 WHERE id = $1", visit.id.as_str())).await.unwrap();
        tx.commit().await.unwrap();
    }
    house.wait(5 * 3600);
    assert_eq!(expire(&house.db, &house.moment()).await.unwrap(), 405);
    let mut run = house.db.read();
    let left: Option<(String,)> =
        run.optional(sql!("SELECT id FROM visit WHERE state <> 'expired'")).await.unwrap();
    assert_eq!(left, None);
}
