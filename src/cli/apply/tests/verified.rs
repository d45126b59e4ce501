//! What a window verified stays, and what is declared is vouched for from then on.

use super::*;
use crate::identity::store::proof::StoredEvidence;
use crate::storage::Tx;

const VISIT: &str = "vis_01928c00-0000-7000-8000-000000000001";

fn named(name: &str) -> Value {
    json!({"people": [{"id_number": NUMBER, "name": name, "phone": "13800000001", "password": "correct horse", "loa": 1}]})
}

impl Ground {
    async fn change(&self, statement: crate::storage::Statement) {
        let mut tx: Tx = self.db.begin().await.unwrap();
        tx.execute(statement).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn known(&self) -> person::Person {
        let mut reader = self.db.read();
        let id = person::find_by_number(&mut reader, &self.keys, NUMBER).await.unwrap().unwrap();
        person::find(&mut reader, &self.keys, &id).await.unwrap().unwrap()
    }

    async fn evidence(&self) -> Vec<StoredEvidence> {
        let id = self.known().await.id;
        proof::list_of_person(&mut self.db.read(), &id).await.unwrap()
    }

    /// The person's evidence becomes that of a visit.
    async fn seen_at_the_window(&self) {
        let person = self.known().await.id;
        self.change(sql!(
            "INSERT INTO visit (id, state, origin, person_id, opened_at, expires_at, updated_at, version)
             VALUES ($2, 'bound', 'walk_in', $1, 1, 1, 1, 1)",
            person.as_str(),
            VISIT,
        ))
        .await;
        self.change(sql!(
            "UPDATE evidence SET visit_id = $2, kind = 'window_verification', methods = 'vpip pvp', source = 'hall-1'
             WHERE person_id = $1",
            person.as_str(),
            VISIT,
        ))
        .await;
    }
}

#[tokio::test]
async fn a_name_verified_at_the_window_stays_and_the_answer_says_so() {
    let ground = ground().await;
    ground.apply(&named("张三")).await;
    ground.seen_at_the_window().await;
    let kept = "! person 1****************X: the name verified at the window is kept: correct the file, or verify them again at a window";
    let mut other = named("张三丰");
    other["people"][0]["phone"] = json!("13800000002");
    for report in [ground.plan(&other).await, ground.apply(&other).await] {
        assert_eq!(report.lines(), ["~ person 1****************X (phone)"]);
        assert_eq!(report.notices(), [kept]);
        assert!(report.to_string().contains(kept) && !report.to_string().contains("张三"), "{report}");
    }
    let again = ground.apply(&other).await;
    assert_eq!((again.changes(), again.unchanged(), again.notices().len()), (0, 1, 1));
    assert_eq!(ground.known().await.name, "张三");
    assert_eq!(ground.evidence().await.len(), 1);
    assert!(ground.apply(&named("张三")).await.notices().is_empty());
    // Taken back, it verifies nothing any more.
    ground.change(sql!("UPDATE evidence SET revoked_at = 1")).await;
    assert_eq!(ground.apply(&named("张三丰")).await.lines(), ["~ person 1****************X (name, loa 1)"]);
    assert_eq!(ground.known().await.name, "张三丰");
}

#[tokio::test]
async fn a_fact_declared_later_is_vouched_for_from_then_on() {
    let ground = ground().await;
    let mut state = named("张三");
    state["people"][0]["loa"] = json!(3);
    ground.apply(&state).await;
    let first = ground.evidence().await[0].evidence.at;
    // The level need not be said again.
    state["people"][0].as_object_mut().unwrap().remove("loa");
    state["people"][0]["name"] = json!("张三丰");
    assert_eq!(ground.apply(&state).await.lines(), ["~ person 1****************X (name)"]);
    let evidence = ground.evidence().await;
    let now = ground.clock.now();
    let counting: Vec<_> = evidence.iter().filter(|one| one.evidence.counts(now)).collect();
    assert_eq!((evidence.len(), counting.len()), (2, 1));
    assert!(counting[0].evidence.at > first);
    assert_eq!(ground.level(NUMBER).await, Some(Level::InPerson));
    assert_eq!(ground.apply(&state).await.changes(), 0);
    assert_eq!(ground.evidence().await.len(), 2);
}

#[tokio::test]
async fn a_sample_claim_that_is_not_what_the_number_says_is_told() {
    let ground = ground().await;
    let mut state = named("张三");
    let told = |claim: &str| {
        format!("! person 1****************X: claims.{claim} is not what the number says; told as declared")
    };
    for (claims, expected) in [
        (json!({"gender": "female", "birthdate": "1949-12-31"}), vec![]),
        (json!({"birthdate": "0000-12-31"}), vec![]),
        (json!({"birthdate": "1949"}), vec![]),
        (json!({"gender": "male"}), vec![told("gender")]),
        (json!({"gender": "male", "birthdate": "1950-12-31"}), vec![told("gender"), told("birthdate")]),
    ] {
        state["people"][0]["claims"] = claims;
        assert_eq!(ground.apply(&state).await.notices(), expected);
    }
    assert_eq!(ground.apply(&state).await.notices().len(), 2);
}
