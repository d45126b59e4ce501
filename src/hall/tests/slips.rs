//! The slip at home: once, for its person, within 48 hours.

use std::sync::Arc;

use super::support::*;
use crate::hall::continuation_code::ContinuationProblem;
use crate::hall::slip::{self, ContinuationRefusal as S, Registration};
use crate::hall::{Answer, State, StepRefusal, Visit, bind, counter};
use crate::identity::store::account;
use crate::identity::{LoginName, PhoneNumber};
use crate::sql;
use crate::storage::Run;

fn registration(code: &str) -> Registration<'_> {
    Registration { code, password_hash: "hash", phone: None, login_name: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_slip_makes_one_account_however_many_try() {
    let house = Arc::new(House::open().await);
    let (visit, person) = house.stranger_awaiting().await;
    let slip = house.slip(&visit).await;
    let tasks = (0..20).map(|_| {
        let (house, code) = (house.clone(), slip.code.printed());
        tokio::spawn(async move { house.register(&registration(&code)).await })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Answer::Done(_))).count(), 1);
    assert!(answers.contains(&Answer::Refused(S::Used)));
    assert!(account::find_of_person(&mut house.db.read(), &person).await.unwrap().is_some());
    assert_eq!(house.events("account_created").await, 2);
    let answer = slip::look(&house.db, &house.keys, &house.moment(), &slip.code.printed()).await.unwrap();
    assert_eq!(refused(answer), S::Used);
}

#[tokio::test]
async fn a_code_that_leads_nowhere_says_why() {
    let house = House::open().await;
    let (visit, _) = house.stranger_awaiting().await;
    let issue = async || house.slip(&visit).await;
    let look = async |code: &str| slip::look(&house.db, &house.keys, &house.moment(), code).await.unwrap();
    let first = issue().await.code.printed();
    let second = issue().await.code.printed();
    assert_eq!(refused(look(&first).await), S::Used);
    let until = slip::standing(&house.db, &house.moment(), &visit.id).await.unwrap();
    let lines = counter::list_today(&house.db, &house.keys, &house.moment(), &house.desk).await.unwrap();
    assert_eq!((lines.len(), lines[0].slip_until), (1, until));
    assert!(until.is_some());
    assert_eq!(refused(look("").await), S::Code(ContinuationProblem::Empty));
    assert_eq!(refused(look("0000000000000000000").await), S::Code(ContinuationProblem::Form));
    assert_eq!(refused(look("00000-00000-00000-00000-0").await), S::Unknown);
    house.wait(48 * 3600 - 1);
    done(look(&second).await);
    house.wait(1);
    assert_eq!(refused(look(&second).await), S::Expired);
    let answer = house.register(&registration(&second)).await;
    assert_eq!(refused(answer), S::Expired);
}

#[tokio::test]
async fn a_refused_registration_leaves_the_code_good() {
    let house = House::open().await;
    let (visit, person) = house.stranger_awaiting().await;
    let code = house.slip(&visit).await.code.printed();
    let (phone, login) =
        (PhoneNumber::parse("13800000001").unwrap(), LoginName::parse("taken-name").unwrap());
    let mut tx = house.db.begin().await.unwrap();
    for (kind, text) in [("phone", phone.as_str()), ("login_name", login.as_str())] {
        tx.execute(sql!(
            "INSERT INTO handle (fingerprint, kind, account_id, created_at) VALUES ($1, $2, $3, 0)",
            house.keys.fingerprint.of(kind, text),
            kind,
            house.account.as_str(),
        ))
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let register = async |new: Registration<'_>| house.register(&new).await;
    let with_phone = Registration { phone: Some(&phone), ..registration(&code) };
    assert_eq!(refused(register(with_phone).await), S::PhoneTaken);
    let with_login = Registration { login_name: Some(&login), ..registration(&code) };
    assert_eq!(refused(register(with_login).await), S::LoginNameTaken);
    assert!(account::find_of_person(&mut house.db.read(), &person).await.unwrap().is_none());
    done(register(registration(&code)).await);
}

#[tokio::test]
async fn a_page_made_before_the_slip_gives_no_second_code() {
    let house = House::open().await;
    let (visit, _) = house.stranger_awaiting().await;
    let issue =
        async |visit: &Visit| slip::issue(&house.db, &house.moment(), &house.at(visit)).await.unwrap();
    let printed = done(issue(&visit).await).code.printed();
    assert_eq!(refused(issue(&visit).await), StepRefusal::Moved);
    let late = bind::offer(&house.db, &house.moment(), &house.at(&visit)).await.unwrap();
    assert_eq!(refused(late), StepRefusal::Moved);
    let look = async |code: &str| slip::look(&house.db, &house.keys, &house.moment(), code).await.unwrap();
    done(look(&printed).await);

    let newer = done(issue(&house.visit(&visit).await).await).code.printed();
    assert_eq!(refused(look(&printed).await), S::Used);
    done(look(&newer).await);
}

#[tokio::test]
async fn a_slip_serves_its_own_person_only() {
    let house = House::open().await;
    let visit = house.awaiting().await;
    let code = house.slip(&visit).await.code.printed();
    let answer = house.register(&registration(&code)).await;
    assert_eq!(refused(answer), S::HasAccount);
    let (other, account) = house.citizen(STRANGER, STRANGER_NAME).await;
    let answer =
        slip::redeem(&house.db, &house.keys, &house.moment(), &code, (&other, &account)).await.unwrap();
    assert_eq!(refused(answer), S::AnotherPerson);
    assert_eq!(house.events("binding_refused").await, 1);
    assert_eq!(house.visit(&visit).await.state, State::AwaitingBinding);
    let who = (&house.person, &house.account);
    done(slip::redeem(&house.db, &house.keys, &house.moment(), &code, who).await.unwrap());
}
