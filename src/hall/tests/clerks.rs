//! Signing in at the window: uniform answers, a lock, an idle session, a chosen window.

use std::sync::Arc;

use futures_util::future::join_all;

use super::support::*;
use crate::base::{Fault, Moment, Secret, Trouble};
use crate::crypto::password::{Cost, PasswordPool};
use crate::hall::clerk::{self, NewStaff};
use crate::hall::clerk_session::{self, Door, NoSuchWindow, Presence, SignInRefusal, SignedIn, Touch};
use crate::hall::role::Roles;
use crate::hall::window::Declared;
use crate::hall::{Answer, ClerkSession};
use crate::identity::store::account;
use crate::signin::password::{self, Outcome, Parts};
use crate::sql;
use crate::storage::{Ephemeral, Run, Tally};

const PASSWORD: &str = "Window-Clerk-2026";

struct Gate {
    house: House,
    ephemeral: Ephemeral,
    passwords: PasswordPool,
}

impl Gate {
    async fn open() -> Self {
        let house = House::open().await;
        let ephemeral = Ephemeral::in_process(house.clock.clone(), Arc::new(Tally::default()));
        let passwords = PasswordPool::start(1, Cost { memory_kib: 64, passes: 1 }).unwrap();
        let gate = Self { house, ephemeral, passwords };
        gate.staff("clerk1", &["clerk"], Some("hall-1")).await;
        gate.staff("auditor1", &["auditor"], None).await;
        gate
    }

    async fn staff(&self, login: &str, roles: &[&str], hall: Option<&str>) -> Declared {
        let hash = self.passwords.hash(&*self.house.random, Secret::new(PASSWORD)).await.unwrap();
        let roles = Roles::parse(roles.iter().copied()).unwrap();
        let new = NewStaff { login, name: "李窗口", roles: &roles, hall, password_hash: Some(&hash) };
        let mut tx = self.house.db.begin().await.unwrap();
        let (_, declared) =
            clerk::declare(&mut tx, &self.house.moment(), &self.house.keys, &new).await.unwrap();
        tx.commit().await.unwrap();
        declared
    }

    async fn sign_in(&self, login: &str, password: &str) -> Answer<SignedIn, SignInRefusal> {
        self.try_to_sign_in(login, password).await.unwrap()
    }

    async fn try_to_sign_in(
        &self,
        login: &str,
        password: &str,
    ) -> Result<Answer<SignedIn, SignInRefusal>, Fault> {
        let door = Door {
            db: &self.house.db,
            keys: &self.house.keys,
            ephemeral: &self.ephemeral,
            passwords: &self.passwords,
        };
        let moment = Moment { actor: crate::base::Actor::Anonymous, ..self.house.moment() };
        clerk_session::sign_in(door, &moment, login, Secret::new(password)).await
    }

    async fn resume(&self, secret: &Secret, touch: Touch) -> Presence {
        let house = &self.house;
        clerk_session::resume(&house.db, &house.keys, &house.moment(), (secret, touch)).await.unwrap()
    }

    async fn here(&self, secret: &Secret, touch: Touch) -> ClerkSession {
        match self.resume(secret, touch).await {
            Presence::Here(session) => session,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_clerk_signs_in_chooses_a_window_and_signs_out() {
    let gate = Gate::open().await;
    let signed = done(gate.sign_in(" ＣＬＥＲＫ1", PASSWORD).await);
    let session = gate.here(&signed.secret, Touch::Act).await;
    assert_eq!((session.clerk.name.as_str(), session.desk()), ("李窗口", None));
    let moment = gate.house.moment();
    let choose = async |name: &str| {
        clerk_session::choose_window(&gate.house.db, &moment, &session, name).await.unwrap()
    };
    for name in ["B01", "a01", "", "A01'"] {
        assert_eq!(refused(choose(name).await), NoSuchWindow, "{name}");
    }
    let desk = done(choose("A02").await);
    assert_eq!(gate.here(&signed.secret, Touch::Act).await.desk(), Some(desk));
    let in_use =
        async || clerk_session::windows_in_use(&gate.house.db, &gate.house.moment(), "hall-1").await.unwrap();
    assert_eq!(in_use().await, ["A02"]);
    clerk_session::sign_out(&gate.house.db, &moment, &session).await.unwrap();
    assert!(matches!(gate.resume(&signed.secret, Touch::Act).await, Presence::Over(_)));
    assert!(in_use().await.is_empty());
    for kind in ["staff_signed_in", "window_chosen", "staff_signed_out"] {
        assert_eq!(gate.house.events(kind).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_ten_minutes_and_only_that_login() {
    let gate = Gate::open().await;
    gate.staff("clerk2", &["clerk"], Some("hall-1")).await;
    for _ in 0..5 {
        assert_eq!(refused(gate.sign_in("clerk1", "wrong").await), SignInRefusal::Wrong);
    }
    assert_eq!(refused(gate.sign_in("clerk1", PASSWORD).await), SignInRefusal::Locked { minutes: 10 });
    done(gate.sign_in("clerk2", PASSWORD).await);
    gate.house.wait(599);
    assert_eq!(refused(gate.sign_in("clerk1", PASSWORD).await), SignInRefusal::Locked { minutes: 1 });
    gate.house.wait(1);
    // One slip after the lock does not lock again.
    assert_eq!(refused(gate.sign_in("clerk1", "wrong").await), SignInRefusal::Wrong);
    done(gate.sign_in("clerk1", PASSWORD).await);
    // What the lock keeps out leaves no row.
    assert_eq!(gate.house.events("staff_sign_in_failed").await, 6);
}

#[tokio::test]
async fn guesses_sent_all_at_once_tell_nothing_of_the_right_one() {
    let gate = Gate::open().await;
    let passwords = std::iter::repeat_n("wrong", 40).chain([PASSWORD]);
    let mut told: Vec<SignInRefusal> = join_all(passwords.map(|password| gate.sign_in("clerk1", password)))
        .await
        .into_iter()
        .map(refused)
        .collect();
    assert_eq!(told.pop(), Some(SignInRefusal::Locked { minutes: 10 }));
    let locked = told.iter().filter(|told| matches!(told, SignInRefusal::Locked { .. })).count();
    assert!(locked > 20, "none is told from the others: {told:?}");
}

#[tokio::test]
async fn where_nothing_can_be_counted_a_right_password_is_told_from_no_wrong_one() {
    let gate = Gate::open().await;
    let trouble = async |password| gate.try_to_sign_in("clerk1", password).await.unwrap_err().trouble();
    // Enough to be locked at the next, which cannot be written any more.
    for _ in 0..4 {
        refused(gate.sign_in("clerk1", "wrong").await);
    }
    gate.ephemeral.fill();
    for password in ["wrong", PASSWORD, "wrong", PASSWORD] {
        assert_eq!(trouble(password).await, Trouble::Unavailable, "{password}");
    }

    let gate = Gate::open().await;
    gate.ephemeral.fill();
    for password in ["wrong", PASSWORD] {
        let told = gate.try_to_sign_in("clerk1", password).await.unwrap_err().trouble();
        assert_eq!(told, Trouble::Unavailable, "{password}");
    }
}

/// The citizens' door, in the same state.
#[tokio::test]
async fn where_nothing_can_be_counted_no_citizen_is_told_either() {
    let gate = Gate::open().await;
    let house = &gate.house;
    let hash = gate.passwords.hash(&*house.random, Secret::new(PASSWORD)).await.unwrap();
    let mut tx = house.db.begin().await.unwrap();
    account::update_password(&mut tx, &house.moment(), &house.account, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let parts =
        Parts { db: &house.db, ephemeral: &gate.ephemeral, keys: &house.keys, passwords: &gate.passwords };
    let moment = house.moment();
    let told =
        async |word: &str| password::try_password(&parts, &moment, (CITIZEN, None), Secret::new(word)).await;
    assert!(matches!(told(PASSWORD).await.unwrap(), Outcome::Proven(_)));
    gate.ephemeral.fill();
    for word in ["wrong", PASSWORD] {
        assert_eq!(told(word).await.unwrap_err().trouble(), Trouble::Unavailable, "{word}");
    }
}

#[tokio::test]
async fn staff_who_do_not_exist_answer_like_those_who_do() {
    let gate = Gate::open().await;
    for _ in 0..5 {
        assert_eq!(refused(gate.sign_in("nobody", PASSWORD).await), SignInRefusal::Wrong);
    }
    assert_eq!(refused(gate.sign_in("nobody", PASSWORD).await), SignInRefusal::Locked { minutes: 10 });
    assert_eq!(refused(gate.sign_in("auditor1", "wrong").await), SignInRefusal::Wrong);
    assert_eq!(refused(gate.sign_in("auditor1", PASSWORD).await), SignInRefusal::NotAtAWindow);
    let long = "p".repeat(1 << 20);
    assert_eq!(refused(gate.sign_in("clerk1", &long).await), SignInRefusal::Wrong);
    assert_eq!(refused(gate.sign_in(&long, PASSWORD).await), SignInRefusal::Wrong);
}

#[tokio::test]
async fn success_is_never_counted() {
    let gate = Gate::open().await;
    for _ in 0..60 {
        done(gate.sign_in("clerk1", PASSWORD).await);
    }
}

#[tokio::test]
async fn five_idle_minutes_end_a_session_and_polling_keeps_none_awake() {
    let gate = Gate::open().await;
    let signed = done(gate.sign_in("clerk1", PASSWORD).await);
    for _ in 0..4 {
        gate.house.wait(240);
        gate.here(&signed.secret, Touch::Act).await;
    }
    for _ in 0..4 {
        gate.house.wait(60);
        gate.here(&signed.secret, Touch::Poll).await;
    }
    gate.house.wait(60);
    assert!(matches!(gate.resume(&signed.secret, Touch::Poll).await, Presence::Idle(_)));
    assert!(matches!(gate.resume(&signed.secret, Touch::Act).await, Presence::Over(_)));
    assert_eq!(gate.house.events("staff_signed_out").await, 1);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_busy() {
    let gate = Gate::open().await;
    let signed = done(gate.sign_in("clerk1", PASSWORD).await);
    for _ in 0..(12 * 15 - 1) {
        gate.house.wait(240);
        gate.here(&signed.secret, Touch::Act).await;
    }
    gate.house.wait(240);
    assert!(matches!(gate.resume(&signed.secret, Touch::Act).await, Presence::Over(_)));
}

#[tokio::test]
async fn disabled_staff_are_out_at_once() {
    let gate = Gate::open().await;
    let signed = done(gate.sign_in("clerk1", PASSWORD).await);
    let mut tx = gate.house.db.begin().await.unwrap();
    tx.execute(sql!("UPDATE staff SET disabled_at = 1 WHERE login = 'clerk1'")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(gate.resume(&signed.secret, Touch::Act).await, Presence::Absent));
    assert_eq!(refused(gate.sign_in("clerk1", PASSWORD).await), SignInRefusal::Wrong);
    assert!(matches!(gate.resume(&Secret::new("made up"), Touch::Act).await, Presence::Absent));
    // Declared again, changed or not, they stay out.
    for roles in [&["clerk"][..], &["clerk", "clerk_supervisor"]] {
        gate.staff("clerk1", roles, Some("hall-1")).await;
        assert_eq!(refused(gate.sign_in("clerk1", PASSWORD).await), SignInRefusal::Wrong);
    }
}
