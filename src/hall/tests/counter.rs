//! Opening, taking, handing back, and reading cards: each refusal by its name.

use super::support::*;
use crate::crypto::mac::Purpose;
use crate::gateway::CardReaders;
use crate::gateway::card_reader::ReadingProblem;
use crate::hall::card::{self, CardRefusal as C, HandEntry, Source};
use crate::hall::code::CodeProblem;
use crate::hall::counter::{self, CardSeen, TakeRefusal, Whose};
use crate::hall::enrol::{self, CancelRefusal, EnrolRefusal};
use crate::hall::{At, State, StepRefusal, capture};
use crate::identity::{DocumentProblem, NameProblem};

#[tokio::test]
async fn one_open_visit_a_person_and_its_code_is_shown_again() {
    let house = House::open().await;
    let first = house.enrol().await;
    let again = house.enrol().await;
    assert_eq!((again.visit.id, again.code.clone()), (first.visit.id.clone(), first.code));
    let shown =
        enrol::current(&house.db, &house.keys, &house.moment(), &house.person).await.unwrap().unwrap();
    assert_eq!(shown.code, again.code);
    assert_eq!(house.events("visit_opened").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_requests_at_once_open_one_visit() {
    let house = std::sync::Arc::new(House::open().await);
    let tasks = (0..20).map(|_| {
        let house = house.clone();
        tokio::spawn(async move { house.enrol().await.visit.id })
    });
    let mut ids: Vec<_> =
        futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(house.events("visit_opened").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_presses_at_once_open_one_walk_in() {
    let house = std::sync::Arc::new(House::open().await);
    let presses = (0..20).map(|_| {
        let house = house.clone();
        tokio::spawn(async move { house.walk_in().await.id })
    });
    let mut ids: Vec<_> =
        futures_util::future::join_all(presses).await.into_iter().map(Result::unwrap).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    for kind in ["visit_opened", "visit_taken"] {
        assert_eq!(house.events(kind).await, 1, "{kind}");
    }
    // A colleague's is another; so is the next one, once a card was read, or when its time was over.
    let colleague = house.desk_of("clerk2", "hall-1", "A02").await;
    let theirs = counter::walk_in(&house.db, &house.moment(), &colleague).await.unwrap();
    assert_ne!(theirs.id, ids[0]);
    let (read, _) = house.chip(&house.walk_in().await, STRANGER, STRANGER_NAME).await;
    assert_eq!(read.id, ids[0]);
    let next = house.walk_in().await;
    assert_ne!(next.id, ids[0]);
    house.wait(5 * 3600);
    assert_ne!(house.walk_in().await.id, next.id);
}

#[tokio::test]
async fn a_citizen_gives_a_visit_up_only_while_it_is_open() {
    let house = House::open().await;
    let cancel = async || enrol::cancel(&house.db, &house.moment(), &house.person).await.unwrap();
    assert_eq!(refused(cancel().await), CancelRefusal::NoVisit);
    let ticket = house.enrol().await;
    let code = ticket.code.unwrap().printed();
    assert_eq!(done(cancel().await), ticket.visit.id);
    assert_eq!(house.visit(&ticket.visit).await.state, State::Cancelled);
    let answer = counter::take_by_code(&house.db, &house.keys, &house.moment(), (&house.desk, &code)).await;
    assert_eq!(refused(answer.unwrap()), TakeRefusal::Cancelled);
    house.taken().await;
    assert_eq!(refused(cancel().await), CancelRefusal::NotOpen);
}

#[tokio::test]
async fn what_a_reader_signs_is_made_for_readings_alone() {
    let house = House::open().await;
    let visit = house.taken().await;
    let nonce = card::nonce(&house.keys, &visit.id, visit.version);
    let parts: [&[u8]; 2] = [visit.id.as_str().as_bytes(), &visit.version.to_be_bytes()];
    assert!(house.keys.mac.matches(Purpose::CardReading, &parts, &nonce));
    assert_ne!(nonce, card::nonce(&house.keys, &visit.id, visit.version + 1));
}

#[tokio::test]
async fn a_code_that_opens_nothing_says_why() {
    let house = House::open().await;
    let code = house.enrol().await.code.unwrap();
    let take = async |typed: &str| {
        let moment = house.moment();
        refused(counter::take_by_code(&house.db, &house.keys, &moment, (&house.desk, typed)).await.unwrap())
    };
    let mut mistyped = code.digits();
    let last = mistyped.pop().unwrap();
    mistyped.push(if last == '5' { '6' } else { '5' });
    assert_eq!(take(&mistyped).await, TakeRefusal::Code(CodeProblem::TypedWrongly));
    assert_eq!(take("12").await, TakeRefusal::Code(CodeProblem::Form));
    assert_eq!(take("").await, TakeRefusal::Code(CodeProblem::Empty));
    assert_eq!(take("0000000000000000").await, TakeRefusal::Unknown);
    house.wait(15 * 24 * 3600);
    assert_eq!(take(&code.printed()).await, TakeRefusal::Expired);
}

#[tokio::test]
async fn a_visit_in_hand_is_one_clerks() {
    let house = House::open().await;
    let code = house.enrol().await.code.unwrap().printed();
    let visit = house.take_by_code(&code).await;
    assert_eq!(house.take_by_code(&code).await.version, visit.version);

    let colleague = house.desk_of("clerk2", "hall-1", "A02").await;
    let elsewhere = house.desk_of("clerk3", "hall-2", "B01").await;
    let moment = house.moment();
    for desk in [&colleague, &elsewhere] {
        let answer = counter::take_by_code(&house.db, &house.keys, &moment, (desk, &code)).await.unwrap();
        assert_eq!(refused(answer), TakeRefusal::AnotherWindow(visit.seat()));
        let at = At { desk, visit: &visit.id, version: visit.version };
        let answer = counter::release(&house.db, &moment, &at).await.unwrap();
        assert_eq!(refused(answer), StepRefusal::NotYours);
    }

    // Handed back, any window of the hall may take it from the list; another hall needs the code.
    let visit = done(counter::release(&house.db, &moment, &house.at(&visit)).await.unwrap());
    assert_eq!((visit.state, visit.clerk.as_ref()), (State::Open, None));
    let line = counter::list_today(&house.db, &house.keys, &moment, &colleague).await.unwrap().remove(0);
    assert_eq!((line.whose, line.masked_name.as_deref()), (Whose::Nobodys, Some("*桂芳")));
    let answer = counter::take(&house.db, &moment, &elsewhere, &visit.id).await.unwrap();
    assert_eq!(refused(answer), TakeRefusal::Unknown);
    let visit = done(counter::take(&house.db, &moment, &colleague, &visit.id).await.unwrap());
    assert_eq!(visit.window.as_deref(), Some("A02"));
    let line = counter::list_today(&house.db, &house.keys, &moment, &house.desk).await.unwrap().remove(0);
    assert_eq!(line.whose, Whose::AnotherClerks);
}

#[tokio::test]
async fn a_page_that_is_out_of_date_is_refused() {
    let house = House::open().await;
    let before = house.taken().await;
    let (visit, _) = house.chip(&before, CITIZEN, CITIZEN_NAME).await;
    assert_eq!(
        refused(house.try_chip(&before, &card(CITIZEN, CITIZEN_NAME)).await),
        C::Step(StepRefusal::Moved)
    );
    let answer = counter::abandon(&house.db, &house.moment(), &house.at(&before)).await.unwrap();
    assert_eq!(refused(answer), StepRefusal::Moved);
    let unknown = crate::base::id::VisitId::new(&house.moment());
    let at = At { desk: &house.desk, visit: &unknown, version: 1 };
    assert_eq!(
        refused(counter::release(&house.db, &house.moment(), &at).await.unwrap()),
        StepRefusal::NotFound
    );
    let gone = done(counter::abandon(&house.db, &house.moment(), &house.at(&visit)).await.unwrap());
    assert_eq!(house.visit(&gone).await.state, State::Cancelled);
}

#[tokio::test]
async fn a_reading_counts_once_for_one_visit_from_a_registered_reader() {
    let house = House::open().await;
    let visit = house.taken().await;
    let signed = house.reading(&visit, &card(CITIZEN, CITIZEN_NAME));
    let strangers_reader = CardReaders::Simulated(signer());
    let chip = |readers, signed| Source::Chip { readers, signed };
    for (readers, text) in
        [(&strangers_reader, signed.as_str()), (&house.readers, "rubbish"), (&house.readers, "")]
    {
        let answer = house.try_source(&visit, chip(readers, text)).await;
        assert_eq!(refused(answer), C::Reading(ReadingProblem::NotARegisteredReader));
    }
    let other = house.walk_in().await;
    let answer = house.try_source(&other, chip(&house.readers, &signed)).await;
    assert_eq!(refused(answer), C::Reading(ReadingProblem::Stale));
    let read = done(house.try_source(&visit, chip(&house.readers, &signed)).await);
    let again = house.try_source(&read.visit, chip(&house.readers, &signed)).await;
    assert_eq!(refused(again), C::Reading(ReadingProblem::Stale));
    let late = house.reading(&read.visit, &card(CITIZEN, CITIZEN_NAME));
    house.wait(301);
    let answer = house.try_source(&read.visit, chip(&house.readers, &late)).await;
    assert_eq!(refused(answer), C::Reading(ReadingProblem::Stale));
}

#[tokio::test]
async fn a_card_that_does_not_serve_says_why() {
    let house = House::open().await;
    let visit = house.taken().await;
    let good = hand(CITIZEN, CITIZEN_NAME);
    let cases = [
        (HandEntry { id_type: "library_card", ..good }, C::UnknownKind),
        (HandEntry { id_number: "110105194912310021", ..good }, C::Document(DocumentProblem::CheckCharacter)),
        (HandEntry { id_number_again: STRANGER, ..good }, C::NumbersDiffer),
        (HandEntry { id_number_again: "", ..good }, C::NumbersDiffer),
        (HandEntry { name: " ", ..good }, C::Name(NameProblem::Empty)),
        (HandEntry { valid_until: Some("2026-02-30"), ..good }, C::Date),
        (HandEntry { valid_until: Some("2026-05-27"), ..good }, C::Expired),
        (hand(STRANGER, STRANGER_NAME), C::AnotherPerson),
    ];
    assert_eq!(house.moment().now.date().to_string(), "2026-05-29");
    for (entry, refusal) in cases {
        assert_eq!(refused(house.try_source(&visit, Source::Hand(entry)).await), refusal);
    }
    let mut future = card(CITIZEN, CITIZEN_NAME);
    future.valid_from = Some("2027-01-01".to_owned());
    assert_eq!(refused(house.try_chip(&visit, &future).await), C::NotYetValid);
    assert_eq!(house.events("card_refused").await, 9);
    assert!(
        capture::preview(&mut house.db.read(), &house.keys, &house.moment(), &visit.id)
            .await
            .unwrap()
            .is_none()
    );

    // The last day of validity still counts; full-width digits and a small x are the same number.
    let entry = HandEntry {
        id_number: "１１０１０５１９４９１２３１００２ｘ",
        valid_until: Some("2026.05.29"),
        ..good
    };
    let read = done(house.try_source(&visit, Source::Hand(entry)).await);
    assert_eq!(read.preview.how, capture::How::ByHand);
}

#[tokio::test]
async fn a_person_in_hand_is_not_served_twice_and_the_clerk_hears_by_whom() {
    let house = House::open().await;
    let first = house.taken().await;
    let second = house.walk_in().await;
    assert_eq!(refused(house.try_chip(&second, &card(CITIZEN, CITIZEN_NAME)).await), C::ServedByYou);
    let colleague = house.desk_of("clerk2", "hall-1", "A02").await;
    let theirs = counter::walk_in(&house.db, &house.moment(), &colleague).await.unwrap();
    let at = At { desk: &colleague, visit: &theirs.id, version: theirs.version };
    let reading = house.reading(&theirs, &card(CITIZEN, CITIZEN_NAME));
    let source = Source::Chip { readers: &house.readers, signed: &reading };
    let answer =
        crate::hall::card::read(&house.db, &house.keys, &house.moment(), (&at, source)).await.unwrap();
    assert_eq!(refused(answer), C::ServedElsewhere(first.seat()));
    house.chip(&first, CITIZEN, CITIZEN_NAME).await;
}

#[tokio::test]
async fn who_was_put_back_without_a_code_gets_one_by_asking() {
    let house = House::open().await;
    let first = house.enrol().await;
    let (visit, _) = house.chip(&house.walk_in().await, CITIZEN, CITIZEN_NAME).await;
    assert_eq!(house.visit(&first.visit).await.state, State::Cancelled);
    let visit = done(counter::release(&house.db, &house.moment(), &house.at(&visit)).await.unwrap());
    let shown =
        enrol::current(&house.db, &house.keys, &house.moment(), &house.person).await.unwrap().unwrap();
    assert_eq!((shown.visit.id.clone(), shown.code.is_none()), (visit.id.clone(), true));

    house.wait(1);
    let asked = house.enrol().await;
    assert_eq!(house.visit(&visit).await.state, State::Cancelled);
    assert_eq!(house.enrol().await.visit.id, asked.visit.id);
    house.take_by_code(&asked.code.unwrap().printed()).await;
}

#[tokio::test]
async fn the_list_tells_a_card_that_was_read_from_one_that_was_not() {
    let house = House::open().await;
    let visit = house.walk_in().await;
    let line = async || {
        counter::list_today(&house.db, &house.keys, &house.moment(), &house.desk).await.unwrap().remove(0)
    };
    assert_eq!(line().await.card, CardSeen::NotYet);
    house.chip(&visit, STRANGER, STRANGER_NAME).await;
    assert_eq!((line().await.card, line().await.masked_name), (CardSeen::Read, None));
}

#[tokio::test]
async fn five_wrong_cards_in_a_day_end_the_tries_with_an_alarm() {
    let house = House::open().await;
    let visit = house.taken().await;
    for _ in 0..5 {
        let answer = house.try_chip(&visit, &card(STRANGER, STRANGER_NAME)).await;
        assert_eq!(refused(answer), C::AnotherPerson);
    }
    assert_eq!(house.events("tries_exhausted").await, 0);
    for number in [STRANGER, CITIZEN] {
        assert_eq!(refused(house.try_chip(&visit, &card(number, CITIZEN_NAME)).await), C::TooManyTries);
    }
    assert_eq!(house.events("tries_exhausted").await, 2);
    done(counter::abandon(&house.db, &house.moment(), &house.at(&visit)).await.unwrap());
    let who = (&house.person, &house.account);
    let answer = enrol::enrol(&house.db, &house.keys, &house.moment(), who).await.unwrap();
    assert_eq!(refused(answer), EnrolRefusal::NoTriesLeft);
    house.wait(24 * 3600);
    let visit = house.taken().await;
    house.chip(&visit, CITIZEN, CITIZEN_NAME).await;
}
