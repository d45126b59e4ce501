//! Who acts for an enterprise, declared and not declared any more.

use super::*;

const AGENT: &str = "agent";

fn agent(number: &str, until: &str) -> Value {
    json!({"id_number": number, "matters": ["social_security"], "until": until})
}

/// An enterprise alone, with these agents or without a word about them.
fn state(agents: Option<Value>) -> Value {
    let mut enterprise = json!({"credit_code": CODE, "name": "某某有限公司", "legal_representative": NUMBER});
    if let Some(agents) = agents {
        enterprise["agents"] = agents;
    }
    json!({ "enterprises": [enterprise] })
}

impl Ground {
    /// Whose role as an agent has not ended.
    async fn agents(&self) -> Vec<String> {
        let mut reader = self.db.read();
        let code = CreditCode::parse(CODE).unwrap();
        let one = enterprise::find_by_code(&mut reader, &self.keys, &code).await.unwrap().unwrap();
        let roles = enterprise::list_roles(&mut reader, &one.id).await.unwrap();
        roles.into_iter().filter(|one| one.role == AGENT).map(|one| one.person).collect()
    }

    async fn person(&self, number: &str) -> String {
        let found = person::find_by_number(&mut self.db.read(), &self.keys, number).await.unwrap();
        found.unwrap().as_str().to_owned()
    }
}

#[tokio::test]
async fn an_agent_who_is_not_named_any_more_is_none() {
    let ground = ground().await;
    let both = json!([agent(NUMBER, "2030-01-01"), agent(OTHER, "2030-01-01")]);
    ground.apply(&state(Some(both))).await;
    assert_eq!(ground.agents().await.len(), 2);
    // Without a word about agents they stay; null is no word.
    assert_eq!(ground.apply(&state(None)).await.changes(), 0);
    assert_eq!(ground.apply(&state(Some(Value::Null))).await.changes(), 0);
    assert_eq!(ground.agents().await.len(), 2);

    let one = state(Some(json!([agent(OTHER, "2030-01-01")])));
    let events =
        || ground.count(sql!("SELECT COUNT(*) FROM audit_event WHERE facts LIKE '%changed: agents%'"));
    let told = ["~ enterprise 9135**********0Y43 (agents)"];
    assert_eq!(ground.plan(&one).await.changes(), 1);
    assert_eq!((ground.agents().await.len(), events().await), (2, 0));
    assert_eq!(ground.apply(&one).await.lines(), told);
    assert_eq!((ground.agents().await, events().await), (vec![ground.person(OTHER).await], 1));
    assert_eq!(ground.apply(&one).await.changes(), 0);

    let none = state(Some(json!([])));
    assert_eq!(ground.apply(&none).await.changes(), 1);
    assert_eq!((ground.agents().await.len(), events().await), (0, 2));
    assert_eq!(ground.apply(&none).await.changes(), 0);
}

#[tokio::test]
async fn a_wrong_agent_ends_nobody() {
    let ground = ground().await;
    ground.apply(&state(Some(json!([agent(NUMBER, "2030-01-01")])))).await;
    let late = state(Some(json!([agent(OTHER, "2020-01-01")])));
    assert_eq!(ground.refused(&late).await, "enterprises[0].agents[0].until: has passed");
    assert_eq!(ground.agents().await, [ground.person(NUMBER).await]);
}
