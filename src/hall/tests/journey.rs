//! Both ways in, from the first step to the account at level 3.

use super::support::*;
use crate::base::id::PersonId;
use crate::hall::bind::{By, Confirmed};
use crate::hall::receipt::{self, ReceiptState};
use crate::hall::slip::{self, Registration, Standing};
use crate::hall::state::Outcome;
use crate::hall::visit::Origin;
use crate::hall::{State, enrol, expire, new_name};
use crate::identity::store::{person, proof};
use crate::identity::{CheckMethod, LoginName, PersonName, PhoneNumber};
use crate::protocol::algorithm::SigningAlgorithm;

#[tokio::test]
async fn a_citizen_enrols_is_verified_and_confirms_the_number() {
    let house = House::open().await;
    let ticket = house.enrol().await;
    assert_eq!((ticket.visit.state, ticket.visit.origin), (State::Open, Origin::Online));

    let visit = house.take_by_code(&ticket.code.unwrap().digits()).await;
    assert_eq!(visit.state, State::AtCounter);
    let (visit, preview) = house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
    assert_eq!(preview.masked_number, "1****************X");
    let (visit, person, receipt_id) = house.passed(&visit).await;
    assert_eq!((visit.state, visit.outcome), (State::AwaitingBinding, Some(Outcome::Passed)));
    assert_eq!(person, house.person);

    // Proved, but not yet the account's.
    assert!(proof::list_of_account(&mut house.db.read(), &house.account).await.unwrap().is_empty());
    let offer = house.offer(&visit).await;
    let number: u8 = offer.number.parse().unwrap();
    assert!((10..=99).contains(&number));
    let by = By::Token(offer.token.expose());
    assert_eq!(done(house.confirm(by, &offer.number).await), Confirmed::Now(visit.id.clone()));

    let evidence = proof::list_of_account(&mut house.db.read(), &house.account).await.unwrap();
    assert_eq!(proof::assurance_of(&evidence, house.moment().now).level.number(), 3);
    assert_eq!(evidence[0].evidence.methods, [CheckMethod::Vpip, CheckMethod::Pvp, CheckMethod::Vcrypt]);
    let bound = house.visit(&visit).await;
    assert_eq!((bound.state, bound.account), (State::Bound, Some(house.account.clone())));

    let receipt = receipt::find(&house.db, &house.keys, &house.moment(), &receipt_id).await.unwrap().unwrap();
    assert_eq!(receipt.state, ReceiptState::Valid);
    assert_eq!((receipt.claims.level, receipt.claims.verifier_role.as_str()), (3, "clerk"));
    assert_eq!(receipt.claims.hall_name, "市民之家 hall-1");
    assert_eq!(receipt.claims.iss, ISSUER);
    let newest =
        enrol::current(&house.db, &house.keys, &house.moment(), &house.person).await.unwrap().unwrap();
    assert_eq!((newest.visit.state, newest.code), (State::Bound, None));
    for (kind, count) in [("visit_opened", 1), ("visit_taken", 1), ("card_read", 1), ("visit_decided", 1)] {
        assert_eq!(house.events(kind).await, count, "{kind}");
    }
    assert_eq!(house.events("binding_confirmed").await, 1);
}

#[tokio::test]
async fn a_stranger_walks_in_and_makes_the_account_at_home() {
    let house = House::open().await;
    let (visit, person) = house.stranger_awaiting().await;
    let known = person::find(&mut house.db.read(), &house.keys, &person).await.unwrap().unwrap();
    assert_eq!(known.name, STRANGER_NAME);

    let slip = house.slip(&visit).await;
    house.wait(30 * 3600);
    let typed = slip.code.printed().to_lowercase().replace('-', " ");
    let found = done(slip::look(&house.db, &house.keys, &house.moment(), &typed).await.unwrap());
    assert_eq!((found.masked_name.as_str(), found.account), ("*田·阿依古丽", Standing::NoAccount));

    let (phone, login) = (PhoneNumber::parse("13800000009").unwrap(), LoginName::parse("newcomer").unwrap());
    let registration = Registration {
        code: &typed,
        password_hash: "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
        phone: Some(&phone),
        login_name: Some(&login),
    };
    let redeemed = done(house.register(&registration).await);
    assert_eq!(redeemed.person, person);
    let evidence = proof::list_of_account(&mut house.db.read(), &redeemed.account).await.unwrap();
    assert_eq!(proof::assurance_of(&evidence, house.moment().now).level.number(), 3);
    assert_eq!(evidence[0].evidence.methods, [CheckMethod::Vpip, CheckMethod::Pvp]);
    assert_eq!(house.visit(&visit).await.state, State::Bound);
    let receipts = receipt::list_of_person(&house.db, &house.keys, &house.moment(), &person).await.unwrap();
    assert_eq!(receipts.len(), 1);
}

#[tokio::test]
async fn whoever_forgot_the_code_walks_in_and_the_enrolled_visit_gives_way() {
    let house = House::open().await;
    let enrolled = house.enrol().await.visit;
    let (visit, _) = house.chip(&house.walk_in().await, CITIZEN, CITIZEN_NAME).await;
    assert_eq!(visit.person.as_ref(), Some(&house.person));
    assert_eq!(house.visit(&enrolled).await.state, State::Cancelled);
    let (visit, ..) = house.passed(&visit).await;
    let offer = house.offer(&visit).await;
    assert_eq!(done(house.confirm(By::Account, &offer.number).await), Confirmed::Now(visit.id));
}

#[tokio::test]
async fn a_verified_person_with_an_account_may_use_the_slip_signed_in() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let slip = house.slip(&visit).await;
    let code = slip.code.printed();
    let found = done(slip::look(&house.db, &house.keys, &house.moment(), &code).await.unwrap());
    assert_eq!(found.account, Standing::HasAccount);
    let who = (&house.person, &house.account);
    let redeemed = done(slip::redeem(&house.db, &house.keys, &house.moment(), &code, who).await.unwrap());
    assert_eq!(redeemed.account, house.account);
    assert_eq!(house.visit(&visit).await.state, State::Bound);
}

#[tokio::test]
async fn a_name_on_record_follows_the_card() {
    let house = House::open().await;
    let visit = house.taken().await;
    let (visit, _) = house.chip(&visit, CITIZEN, "张建國").await;
    let name =
        async || person::find(&mut house.db.read(), &house.keys, &house.person).await.unwrap().unwrap().name;
    let (visit, ..) = house.passed(&visit).await;
    // What is typed at a window renames nobody who has not confirmed it.
    assert_eq!(name().await, CITIZEN_NAME);
    let offer = house.offer(&visit).await;
    done(house.confirm(By::Account, &offer.number).await);
    assert_eq!(name().await, "张建國");
    assert_eq!(house.events("name_corrected").await, 1);
}

#[tokio::test]
async fn a_name_that_was_never_confirmed_is_forgotten() {
    use crate::sql;
    let house = House::open().await;
    let visit = house.taken().await;
    let (visit, _) = house.chip(&visit, CITIZEN, "张建國").await;
    let (visit, ..) = house.passed(&visit).await;
    let waiting = async || {
        house
            .one::<(Option<Vec<u8>>,)>(sql!("SELECT new_name FROM visit WHERE id = $1", visit.id.as_str()))
            .await
            .0
    };
    assert!(waiting().await.is_some());
    house.wait(49 * 3600);
    expire::expire(&house.db, &house.moment()).await.unwrap();
    assert_eq!(waiting().await, None);
    let known = person::find(&mut house.db.read(), &house.keys, &house.person).await.unwrap().unwrap();
    assert_eq!(known.name, CITIZEN_NAME);
}

#[tokio::test]
async fn a_name_on_record_without_an_account_follows_the_card_at_once() {
    let house = House::open().await;
    let (_, person) = house.stranger_awaiting().await;
    house.wait(49 * 3600);
    expire::expire(&house.db, &house.moment()).await.unwrap();
    let visit = house.by_hand(&house.walk_in().await, STRANGER, "买买提").await;
    house.passed(&visit).await;
    let known = person::find(&mut house.db.read(), &house.keys, &person).await.unwrap().unwrap();
    assert_eq!(known.name, "买买提");
    assert_eq!(house.events("name_corrected").await, 1);
}

#[tokio::test]
async fn only_a_name_that_is_another_one_is_told() {
    let house = House::open().await;
    let told = async |person: &PersonId, shown: &str| {
        new_name::on_record(&mut house.db.read(), &house.keys, (person, shown)).await.unwrap()
    };
    let rename = async |name: &PersonName| {
        let mut tx = house.db.begin().await.unwrap();
        person::update_name(&mut tx, &house.moment(), &house.keys, &house.person, name).await.unwrap();
        tx.commit().await.unwrap();
    };
    // On record by number alone: the name is filled.
    rename(&PersonName::not_yet_known()).await;
    assert_eq!(told(&house.person, CITIZEN_NAME).await, None);
    // Spelled otherwise, or with a character as older systems wrote it.
    for (known, shown) in [("O'Brien", "O’BRIEN"), ("张\u{E864}", "张\u{9FBB}")] {
        rename(&PersonName::parse(known).unwrap()).await;
        assert_eq!(told(&house.person, shown).await, None, "{known}");
    }
    assert_eq!(told(&house.person, "张龙").await, Some("*\u{E864}".to_owned()));
    let (visit, _) = house.chip(&house.taken().await, CITIZEN, "张\u{9FBB}").await;
    let (visit, ..) = house.passed(&visit).await;
    let offer = house.offer(&visit).await;
    done(house.confirm(By::Account, &offer.number).await);
    assert_eq!(house.events("name_corrected").await, 0);
}

#[tokio::test]
async fn a_receipt_tells_when_its_evidence_was_taken_back_or_changed() {
    use crate::sql;
    use crate::storage::Run;
    let house = House::open().await;
    let (visit, _) = house.chip(&house.taken().await, CITIZEN, CITIZEN_NAME).await;
    let (visit, _, id) = house.passed(&visit).await;
    let state =
        async || receipt::find(&house.db, &house.keys, &house.moment(), &id).await.unwrap().unwrap().state;
    let change = async |statement| {
        let mut tx = house.db.begin().await.unwrap();
        assert_eq!(tx.execute(statement).await.unwrap(), 1);
        tx.commit().await.unwrap();
    };
    let now = house.moment().now;
    change(sql!("UPDATE evidence SET revoked_at = $2 WHERE visit_id = $1", visit.id.as_str(), now)).await;
    assert_eq!(state().await, ReceiptState::Revoked);
    change(sql!(
        "UPDATE evidence SET revoked_at = NULL, methods = 'vpip' WHERE visit_id = $1",
        visit.id.as_str()
    ))
    .await;
    assert_eq!(state().await, ReceiptState::NotConfirmed);

    // A statement signed by somebody else is not ours.
    change(sql!("UPDATE evidence SET methods = 'vpip pvp vcrypt' WHERE visit_id = $1", visit.id.as_str()))
        .await;
    let receipt = receipt::find(&house.db, &house.keys, &house.moment(), &id).await.unwrap().unwrap();
    assert_eq!(receipt.state, ReceiptState::Valid);
    assert_eq!(signer().algorithm(), SigningAlgorithm::Es256);
    let forged = signer().sign(receipt::TYPE, &receipt.claims).unwrap();
    change(sql!("UPDATE receipt SET jws = $2 WHERE id = $1", id.as_str(), forged)).await;
    assert_eq!(state().await, ReceiptState::NotConfirmed);
}
