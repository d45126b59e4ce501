//! Documents that are shown again: re-issued under another number, or recorded under another kind.

use super::support::*;
use crate::base::id::{AccountId, PersonId};
use crate::hall::card::{HandEntry, Source};
use crate::hall::slip::{self, Registration};
use crate::hall::{Visit, expire, new_document};
use crate::identity::store::document::{self, Difference};
use crate::identity::store::person::{self, StoredDocument};
use crate::identity::store::{account, verification};
use crate::identity::{Document, IdType};
use crate::sql;

const FIRST: &str = "H7777720701";
const AGAIN: &str = "H7777720702";
const NAME: &str = "陈大文";

fn permit<'a>(number: &'a str, valid_until: &'a str) -> HandEntry<'a> {
    HandEntry {
        id_type: "hkmo_travel_permit",
        id_number: number,
        id_number_again: number,
        name: NAME,
        issuing_country: None,
        valid_until: Some(valid_until),
    }
}

impl House {
    async fn typed(&self, entry: HandEntry<'_>) -> Visit {
        let visit = self.walk_in().await;
        done(self.try_source(&visit, Source::Hand(entry)).await).visit
    }

    /// The one document of a person that counts.
    async fn document(&self, person: &PersonId) -> StoredDocument {
        let known = person::find(&mut self.db.read(), &self.keys, person).await.unwrap().unwrap();
        assert_eq!(known.documents.len(), 1);
        known.documents[0].clone()
    }

    async fn number(&self, person: &PersonId) -> String {
        self.document(person).await.number
    }

    /// Nobody has an account here before.
    async fn first_permit(&self) -> PersonId {
        let visit = self.typed(permit(FIRST, "2030-01-01")).await;
        let (visit, person, _) = self.passed(&visit).await;
        let slip = self.slip(&visit).await;
        done(self.register(&registration(&slip.code.printed())).await);
        person
    }

    /// The slip of a visit, used by the account of its person.
    async fn confirmed(&self, visit: &Visit) -> AccountId {
        let slip = self.slip(visit).await;
        let person = visit.person.as_ref().unwrap();
        let account = account::find_of_person(&mut self.db.read(), person).await.unwrap().unwrap().id;
        let (code, who) = (slip.code.printed(), (person, &account));
        done(slip::redeem(&self.db, &self.keys, &self.moment(), &code, who).await.unwrap());
        account
    }

    async fn rows(&self, person: &PersonId) -> i64 {
        self.one::<(i64,)>(sql!("SELECT COUNT(*) FROM document WHERE person_id = $1", person.as_str()))
            .await
            .0
    }
}

fn registration(code: &str) -> Registration<'_> {
    Registration {
        code,
        password_hash: "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
        phone: None,
        login_name: None,
    }
}

#[tokio::test]
async fn a_reissued_permit_takes_the_place_of_the_old_one_once_its_owner_confirms() {
    let house = House::open().await;
    let person = house.first_permit().await;

    house.wait(3600);
    let visit = house.typed(permit(AGAIN, "2045-05-05")).await;
    assert_eq!(visit.person.as_ref(), Some(&person), "the same person, not a second one");
    let told = new_document::on_record(&mut house.db.read(), &house.keys, &house.moment(), &visit).await;
    let (stored, difference) = told.unwrap().unwrap();
    assert_eq!((stored.masked_number().as_str(), difference), ("H*********1", Difference::Number));
    let (visit, ..) = house.passed(&visit).await;
    // What is typed at a window changes nobody's number who has not confirmed it, nor the dates of the old card.
    let old = house.document(&person).await;
    assert_eq!(old.number, FIRST);
    assert_eq!(old.valid_until.unwrap().date().to_string(), "2030-01-01");

    let account = house.confirmed(&visit).await;
    let new = house.document(&person).await;
    assert_eq!((new.number.as_str(), new.primary), (AGAIN, person::Primary::Yes));
    assert_eq!(new.valid_until.unwrap().date().to_string(), "2045-05-05");
    assert_eq!(house.events("document_replaced").await, 1);
    let (by,): (String,) = house
        .one(sql!(
            "SELECT replaced_by FROM document WHERE id = $1 AND replaced_at IS NOT NULL",
            old.id.as_str()
        ))
        .await;
    assert_eq!(by, new.id.as_str());

    // Each verification rests on the card that was seen.
    let seen = verification::list(&mut house.db.read(), &house.keys, (&person, &account)).await.unwrap();
    let seen = seen.into_iter().map(|one| one.document.unwrap());
    let seen: Vec<_> = seen.map(|one| (one.number, one.valid_until.unwrap().to_string())).collect();
    assert_eq!(
        seen,
        [(AGAIN.to_owned(), "2045-05-05".to_owned()), (FIRST.to_owned(), "2030-01-01".to_owned())]
    );

    // Either number finds the person, at the counter and to sign in.
    for number in [FIRST, AGAIN] {
        let found = person::find_by_number(&mut house.db.read(), &house.keys, number).await.unwrap();
        assert_eq!(found.as_ref(), Some(&person));
        let found = account::find_for_sign_in(&mut house.db.read(), &house.keys, number).await.unwrap();
        assert_eq!(found.unwrap().id, account);
    }
}

#[tokio::test]
async fn the_same_card_again_replaces_nothing() {
    let house = House::open().await;
    let person = house.first_permit().await;
    let before = house.document(&person).await.id;
    let visit = house.typed(permit(FIRST, "2031-01-01")).await;
    let told = new_document::on_record(&mut house.db.read(), &house.keys, &house.moment(), &visit).await;
    assert!(told.unwrap().is_none());
    let (visit, ..) = house.passed(&visit).await;
    house.confirmed(&visit).await;
    let after = house.document(&person).await;
    assert_eq!((after.id, house.rows(&person).await), (before, 1));
    assert_eq!(after.valid_until.unwrap().date().to_string(), "2031-01-01");
    assert_eq!(house.events("document_replaced").await, 0);
}

#[tokio::test]
async fn a_number_that_was_never_confirmed_does_not_count() {
    let house = House::open().await;
    let person = house.first_permit().await;
    let visit = house.typed(permit(AGAIN, "2045-05-05")).await;
    house.passed(&visit).await;
    house.wait(49 * 3600);
    expire::expire(&house.db, &house.moment()).await.unwrap();
    assert_eq!(house.number(&person).await, FIRST);
    // The next visit is not in its way.
    let visit = house.typed(permit(AGAIN, "2045-05-05")).await;
    let (visit, ..) = house.passed(&visit).await;
    house.confirmed(&visit).await;
    assert_eq!(house.number(&person).await, AGAIN);
    assert_eq!(house.events("document_replaced").await, 1);
}

#[tokio::test]
async fn without_an_account_the_record_takes_the_card_at_once() {
    let house = House::open().await;
    let taiwan = |number| HandEntry { id_type: "tw_travel_permit", ..permit(number, "2045-05-05") };
    let (_, person, _) = house.passed(&house.typed(taiwan("1234567801(B)")).await).await;
    house.wait(49 * 3600);
    expire::expire(&house.db, &house.moment()).await.unwrap();
    house.passed(&house.typed(taiwan("12345678")).await).await;
    assert_eq!(house.number(&person).await, "12345678");
    assert_eq!((house.rows(&person).await, house.events("document_replaced").await), (2, 1));
}

#[tokio::test]
async fn a_kind_that_was_recorded_wrong_is_set_right() {
    let house = House::open().await;
    let number = "830000199201300022";
    let shown = |id_type| HandEntry { id_type, ..permit(number, "2030-05-05") };
    let (_, person, _) = house.passed(&house.typed(shown("resident_id")).await).await;
    house.wait(49 * 3600);
    expire::expire(&house.db, &house.moment()).await.unwrap();
    let visit = house.typed(shown("residence_permit_tw")).await;
    let told = new_document::on_record(&mut house.db.read(), &house.keys, &house.moment(), &visit).await;
    let (stored, difference) = told.unwrap().unwrap();
    assert_eq!((stored.kind, difference), (IdType::ResidentId, Difference::Kind));
    house.passed(&visit).await;
    let now = house.document(&person).await;
    assert_eq!((now.kind, now.number.as_str()), (IdType::ResidencePermitTw, number));
}

#[tokio::test]
async fn a_list_changes_a_number_but_undoes_nothing_a_window_has_seen() {
    let house = House::open().await;
    let declare = async |number: &str| {
        let mut tx = house.db.begin().await.unwrap();
        let moment = house.moment();
        let today = moment.now.date();
        let document = Document::parse(IdType::HkmoTravelPermit, number, None, today).unwrap();
        let id = person::find_by_document(&mut tx, &house.keys, &document).await.unwrap().unwrap();
        let known = person::find(&mut tx, &house.keys, &id).await.unwrap().unwrap();
        let shown = (&known, &document);
        let difference = document::declare(&mut tx, &moment, &house.keys, shown).await.unwrap();
        tx.commit().await.unwrap();
        difference
    };
    let person = house.first_permit().await;
    assert_eq!(declare(FIRST).await, None);
    assert_eq!(declare(AGAIN).await, Some(Difference::Number));
    // Nobody has seen it: a list may take it back.
    assert_eq!(declare(FIRST).await, Some(Difference::Number));
    let visit = house.typed(permit(AGAIN, "2045-05-05")).await;
    let (visit, ..) = house.passed(&visit).await;
    house.confirmed(&visit).await;
    assert_eq!(declare(FIRST).await, None);
    assert_eq!(house.number(&person).await, AGAIN);
    assert_eq!(declare("H7777720703").await, Some(Difference::Number));
    assert_eq!((house.number(&person).await.as_str(), house.rows(&person).await), ("H7777720703", 5));
}
