//! What must not stay behind: names and numbers in the clear, captures after the decision, secrets in the tables.

use super::support::*;
use crate::hall::bind::By;
use crate::hall::counter;
use crate::hall::decide::{Decision, Reason, Verdict};
use crate::sql;
use crate::storage::Run;

#[tokio::test]
async fn what_was_read_is_sealed_until_the_decision_and_then_wiped() {
    let house = House::open().await;
    let kept = async || {
        let (kept,): (i64,) = house.one(sql!("SELECT COUNT(*) FROM visit WHERE capture IS NOT NULL")).await;
        kept
    };
    let (visit, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    assert_eq!(kept().await, 1);
    house.passed(&visit).await;
    assert_eq!(kept().await, 0);
    let (visit, _) = house.chip(&house.walk_in().await, CITIZEN, CITIZEN_NAME).await;
    let visit = done(counter::release(&house.db, &house.moment(), &house.at(&visit)).await.unwrap());
    assert_eq!(kept().await, 0);
    let visit = done(counter::take(&house.db, &house.moment(), &house.desk, &visit.id).await.unwrap());
    let (visit, _) = house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
    assert_eq!(kept().await, 1);
    let fail = Decision { verdict: Verdict::FailRetryable(Reason::Other), ..PASS };
    done(house.decide(&visit, &fail).await);
    assert_eq!(kept().await, 0);
    let (codes,): (i64,) =
        house.one(sql!("SELECT COUNT(*) FROM visit WHERE code IS NOT NULL AND state <> 'open'")).await;
    assert_eq!(codes, 0);
}

#[tokio::test]
async fn the_database_shows_no_name_number_code_or_token() {
    let house = House::open().await;
    let ticket = house.enrol().await;
    let code = ticket.code.unwrap();
    let visit = house.take_by_code(&code.digits()).await;
    house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
    let (awaiting, _) = house.stranger_awaiting().await;
    let offer = house.offer(&awaiting).await;
    refused(house.confirm(By::Token(offer.token.expose()), "00").await);
    let slip = house.slip(&awaiting).await;
    house.db.close().await;

    let planted = [
        CITIZEN.to_owned(),
        STRANGER.to_owned(),
        CITIZEN_NAME.to_owned(),
        STRANGER_NAME.to_owned(),
        "李窗口".to_owned(),
        code.digits()[..16].to_owned(),
        offer.token.expose().to_owned(),
        slip.code.printed().replace('-', "")[..20].to_owned(),
    ];
    // On PostgreSQL the files are the server's; what is written is the same.
    let files = house.files();
    for text in planted {
        let found = files.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        assert!(!found, "{text} stands in the database");
    }
}

#[tokio::test]
async fn audit_and_debug_speak_in_ids_only() {
    let house = House::open().await;
    let (visit, preview) = house.chip(&house.taken().await, CITIZEN, CITIZEN_NAME).await;
    let shown = format!("{preview:?} {visit:?} {:?}", card(CITIZEN, CITIZEN_NAME));
    assert!(!shown.contains(CITIZEN) && !shown.contains(CITIZEN_NAME) && !shown.contains("1****"));
    house.passed(&visit).await;
    let facts: Vec<(String,)> = house
        .db
        .read()
        .all(sql!("SELECT facts FROM audit_event UNION ALL SELECT facts FROM evidence"))
        .await
        .unwrap();
    assert!(facts.len() >= 8);
    for (facts,) in facts {
        assert!(!facts.contains(CITIZEN) && !facts.contains("桂芳"), "{facts}");
    }
}
