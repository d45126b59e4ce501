//! A hall with a clerk at a window, a citizen with an account, and a reader that signs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::base::id::{AccountId, PersonId};
use crate::base::random::{Random, Seeded};
use crate::base::scratch::Scratch;
use crate::base::time::{Clock, ManualClock};
use crate::base::{Actor, Moment, Name, Timestamp};
use crate::config::DatabasePlace;
use crate::crypto::Keys;
use crate::crypto::signer::{Signer, generate};
use crate::gateway::CardReaders;
use crate::gateway::card_reader::{self, Card, Reading};
use crate::hall::bind::{self, By, Confirmation, Confirmed, Offer};
use crate::hall::capture::Preview;
use crate::hall::card::{self, CardRefusal, HandEntry, Read, Source};
use crate::hall::clerk::{self, NewStaff};
use crate::hall::decide::{self, Check, Checks, Decided, Decision, DecisionRefusal, SecondLook, Verdict};
use crate::hall::enrol::{self, Ticket};
use crate::hall::role::Roles;
use crate::hall::slip::{self, ContinuationRefusal, Redeemed, Registration, Slip};
use crate::hall::window::{self, Hall};
use crate::hall::{Answer, At, Desk, Visit, counter};
use crate::identity::store::account::{self, Made, NewAccount};
use crate::identity::store::person::{self, NewPerson};
use crate::identity::{Document, IdType, PersonName};
use crate::protocol::algorithm::SigningAlgorithm;
use crate::sql;
use crate::storage::{Db, Record, Run, Statement, Tally, migrate};

pub const CITIZEN: &str = "11010519491231002X";
pub const CITIZEN_NAME: &str = "张桂芳";
pub const STRANGER: &str = "440524188001010014";
pub const STRANGER_NAME: &str = "𠮷田·阿依古丽";
pub const ISSUER: &str = "http://localhost:8000";
pub const ALL_PASS: Checks =
    Checks { document_genuine: Check::Pass, holder_matches: Check::Pass, speaks_for_self: Check::Pass };
pub const PASS: Decision<'static> =
    Decision { checks: ALL_PASS, second_look: SecondLook::Given, verdict: Verdict::Pass, issuer: ISSUER };

/// Everything a test needs, on a fresh database.
pub struct House {
    pub db: Db,
    pub keys: Arc<Keys>,
    pub clock: Arc<ManualClock>,
    pub random: Arc<dyn Random>,
    pub readers: CardReaders,
    pub desk: Desk,
    pub person: PersonId,
    pub account: AccountId,
    reader: Arc<Signer>,
    folder: Scratch,
}

static NUMBER: AtomicU32 = AtomicU32::new(1);

impl House {
    pub async fn open() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let folder = Scratch::open();
        let place = place(folder.path()).await;
        let db = Db::open(&place, Arc::new(Tally::default())).await.unwrap();
        migrate::run(&place, &db).await.unwrap();
        let reader = signer();
        let mut house = Self {
            db,
            keys: keys(),
            clock: Arc::new(ManualClock::at(Timestamp::from_seconds(1_780_000_000))),
            random: Arc::new(Seeded::new(u64::from(number))),
            readers: CardReaders::Simulated(reader.clone()),
            desk: Desk {
                clerk: "stf_none".parse().unwrap(),
                hall: "hall-1".to_owned(),
                window: "A01".to_owned(),
            },
            person: "per_none".parse().unwrap(),
            account: "acc_none".parse().unwrap(),
            reader,
            folder,
        };
        house.furnish().await;
        house
    }

    async fn furnish(&mut self) {
        let moment = self.moment();
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql!(
            "INSERT INTO department (id, name, level, updated_at) VALUES ('city', '市', 'city', $1)",
            moment.now,
        ))
        .await
        .unwrap();
        for (id, windows) in [("hall-1", ["A01", "A02"]), ("hall-2", ["B01", "B02"])] {
            let hall = Hall {
                id: id.to_owned(),
                department_id: "city".to_owned(),
                name: Name::new(format!("市民之家 {id}"), None),
                windows: windows.map(str::to_owned).to_vec(),
            };
            window::declare(&mut tx, &moment, &hall).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.desk = self.desk_of("clerk1", "hall-1", "A01").await;
        (self.person, self.account) = self.citizen(CITIZEN, CITIZEN_NAME).await;
    }

    pub fn moment(&self) -> Moment {
        let mut moment = Moment::of_system(self.clock.now(), self.random.clone());
        moment.actor = Actor::Staff(self.desk.clerk.clone());
        moment
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn desk_of(&self, login: &str, hall: &str, window: &str) -> Desk {
        let roles = Roles::parse(["clerk"]).unwrap();
        let new = NewStaff { login, name: "李窗口", roles: &roles, hall: Some(hall), password_hash: None };
        let mut tx = self.db.begin().await.unwrap();
        let (clerk, _) = clerk::declare(&mut tx, &self.moment(), &self.keys, &new).await.unwrap();
        tx.commit().await.unwrap();
        Desk { clerk, hall: hall.to_owned(), window: window.to_owned() }
    }

    pub async fn citizen(&self, number: &str, name: &str) -> (PersonId, AccountId) {
        let moment = self.moment();
        let document = Document::parse(IdType::ResidentId, number, None, moment.now.date()).unwrap();
        let name = PersonName::parse(name).unwrap();
        let new =
            NewPerson { name: &name, document: &document, valid_until: None, claims: None, source: "apply" };
        let mut tx = self.db.begin().await.unwrap();
        let person = person::record(&mut tx, &moment, &self.keys, &new).await.unwrap().id().clone();
        let new = NewAccount { person: &person, password_hash: None, phone: None, login_name: None };
        let Made::New(account) = account::create(&mut tx, &moment, &self.keys, &new).await.unwrap() else {
            panic!("the citizen has an account already")
        };
        tx.commit().await.unwrap();
        (person, account)
    }

    pub async fn enrol(&self) -> Ticket {
        let who = (&self.person, &self.account);
        done(enrol::enrol(&self.db, &self.keys, &self.moment(), who).await.unwrap())
    }

    /// Enrolled, and in the clerk's hand.
    pub async fn taken(&self) -> Visit {
        let code = self.enrol().await.code.unwrap().printed();
        self.take_by_code(&code).await
    }

    pub async fn take_by_code(&self, code: &str) -> Visit {
        let moment = self.moment();
        done(counter::take_by_code(&self.db, &self.keys, &moment, (&self.desk, code)).await.unwrap())
    }

    pub async fn walk_in(&self) -> Visit {
        counter::walk_in(&self.db, &self.moment(), &self.desk).await.unwrap()
    }

    pub fn at<'a>(&'a self, visit: &'a Visit) -> At<'a> {
        At { desk: &self.desk, visit: &visit.id, version: visit.version }
    }

    /// A reading as the bridge signs it for this visit.
    pub fn reading(&self, visit: &Visit, card: &Card) -> String {
        let reading = Reading {
            nonce: card::nonce(&self.keys, &visit.id, visit.version),
            iat: self.clock.now().seconds(),
            device: "reader-1".to_owned(),
            card: card.clone(),
        };
        self.reader.sign(card_reader::TYPE, &reading).unwrap()
    }

    pub async fn try_chip(&self, visit: &Visit, card: &Card) -> Answer<Read, CardRefusal> {
        let signed = self.reading(visit, card);
        self.try_source(visit, Source::Chip { readers: &self.readers, signed: &signed }).await
    }

    pub async fn try_source(&self, visit: &Visit, source: Source<'_>) -> Answer<Read, CardRefusal> {
        card::read(&self.db, &self.keys, &self.moment(), (&self.at(visit), source)).await.unwrap()
    }

    pub async fn chip(&self, visit: &Visit, number: &str, name: &str) -> (Visit, Preview) {
        let read = done(self.try_chip(visit, &card(number, name)).await);
        (read.visit, read.preview)
    }

    pub async fn by_hand(&self, visit: &Visit, number: &str, name: &str) -> Visit {
        done(self.try_source(visit, Source::Hand(hand(number, name))).await).visit
    }

    pub async fn decide(&self, visit: &Visit, decision: &Decision<'_>) -> Answer<Decided, DecisionRefusal> {
        decide::decide(&self.db, &self.keys, &self.moment(), (&self.at(visit), decision)).await.unwrap()
    }

    /// Decided and passed; what the window now holds.
    pub async fn passed(&self, visit: &Visit) -> (Visit, PersonId, crate::base::id::ReceiptId) {
        match done(self.decide(visit, &PASS).await) {
            Decided::Passed { visit, person, receipt, level } => {
                assert_eq!(level, 3);
                (visit, person, receipt)
            }
            Decided::Failed { .. } => panic!("the visit failed"),
        }
    }

    /// The citizen enrolled, read by chip and passed.
    pub async fn awaiting(&self) -> Visit {
        let visit = self.taken().await;
        let (visit, _) = self.chip(&visit, CITIZEN, CITIZEN_NAME).await;
        self.passed(&visit).await.0
    }

    /// A stranger walked in, typed by hand and passed.
    pub async fn stranger_awaiting(&self) -> (Visit, PersonId) {
        let visit = self.by_hand(&self.walk_in().await, STRANGER, STRANGER_NAME).await;
        let (visit, person, _) = self.passed(&visit).await;
        (visit, person)
    }

    /// From a page made just before.
    pub async fn offer(&self, visit: &Visit) -> Offer {
        let visit = self.visit(visit).await;
        done(bind::offer(&self.db, &self.moment(), &self.at(&visit)).await.unwrap())
    }

    /// From a page made just before.
    pub async fn slip(&self, visit: &Visit) -> Slip {
        let visit = self.visit(visit).await;
        done(slip::issue(&self.db, &self.moment(), &self.at(&visit)).await.unwrap())
    }

    pub async fn confirm(
        &self,
        by: By<'_>,
        number: &str,
    ) -> Answer<Confirmed, crate::hall::binding_refusal::BindingRefusal> {
        let confirmation = Confirmation { by, person: &self.person, account: &self.account, number };
        bind::confirm(&self.db, &self.keys, &self.moment(), &confirmation).await.unwrap()
    }

    /// The account from a slip.
    pub async fn register(&self, registration: &Registration<'_>) -> Answer<Redeemed, ContinuationRefusal> {
        let mut tx = self.db.begin().await.unwrap();
        let answer = slip::register(&mut tx, &self.keys, &self.moment(), registration).await.unwrap();
        if matches!(answer, Answer::Done(_)) {
            tx.commit().await.unwrap();
        }
        answer
    }

    pub async fn visit(&self, visit: &Visit) -> Visit {
        crate::hall::visit::find(&mut self.db.read(), &visit.id).await.unwrap().unwrap()
    }

    pub async fn one<T: Record>(&self, statement: Statement) -> T {
        self.db.read().one(statement).await.unwrap()
    }

    /// The bytes of the database's files.
    pub fn files(&self) -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    pub async fn events(&self, kind: &str) -> i64 {
        self.one::<(i64,)>(sql!("SELECT COUNT(*) FROM audit_event WHERE kind = $1", kind)).await.0
    }
}

pub fn card(number: &str, name: &str) -> Card {
    Card {
        id_type: "resident_id".to_owned(),
        id_number: number.to_owned(),
        name: name.to_owned(),
        issuing_country: None,
        issuer: Some("北京市公安局朝阳分局".to_owned()),
        valid_from: Some("2010-01-01".to_owned()),
        valid_until: None,
    }
}

pub fn hand<'a>(number: &'a str, name: &'a str) -> HandEntry<'a> {
    HandEntry {
        id_type: "resident_id",
        id_number: number,
        id_number_again: number,
        name,
        issuing_country: None,
        valid_until: Some(""),
    }
}

/// A file of this test's own, or a schema on the server that `tests/run` has started.
async fn place(folder: &std::path::Path) -> DatabasePlace {
    if std::env::var("TONGYAO_TEST_STORAGE").as_deref() != Ok("postgres") {
        return DatabasePlace::Sqlite(folder.join("hall.db"));
    }
    let server = std::env::var("TONGYAO_TEST_DATABASE_URL").unwrap();
    let schema = format!("hall_{}", uuid::Uuid::new_v4().simple());
    let admin = DatabasePlace::Postgres(server.clone().into());
    let admin = Db::open(&admin, Arc::new(Tally::default())).await.unwrap();
    let create: &'static str = Box::leak(format!("CREATE SCHEMA {schema}").into_boxed_str());
    let mut tx = admin.begin().await.unwrap();
    tx.execute(Statement::new(create, Vec::new())).await.unwrap();
    tx.commit().await.unwrap();
    admin.close().await;
    let mut url = url::Url::parse(&server).unwrap();
    url.query_pairs_mut().append_pair("options", &format!("-csearch_path={schema}"));
    DatabasePlace::Postgres(String::from(url).into())
}

#[track_caller]
pub fn done<T, R: std::fmt::Debug>(answer: Answer<T, R>) -> T {
    match answer {
        Answer::Done(done) => done,
        Answer::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

#[track_caller]
pub fn refused<T, R>(answer: Answer<T, R>) -> R {
    match answer {
        Answer::Refused(refusal) => refusal,
        Answer::Done(_) => panic!("not refused"),
    }
}

pub fn signer() -> Arc<Signer> {
    let key = generate(SigningAlgorithm::Es256).unwrap();
    Arc::new(Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap())
}

/// Making RSA keys takes a while: the tests share one set.
pub fn keys() -> Arc<Keys> {
    static KEYS: OnceLock<Arc<Keys>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = Scratch::open();
        let now = Timestamp::from_seconds(1_780_000_000);
        Arc::new(Keys::make(&folder.join("keys"), now, &Seeded::new(1)).unwrap())
    })
    .clone()
}
