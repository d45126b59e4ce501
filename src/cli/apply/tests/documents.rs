//! Documents of declared people that change.

use super::*;

#[tokio::test]
async fn a_reissued_permit_is_told_and_keeps_its_person() {
    let ground = ground().await;
    let person = |number: &str| {
        json!({"people": [{"id_type": "hkmo_travel_permit", "id_number": number, "name": "陈大文",
                           "login_name": "chen", "password": "correct horse"}]})
    };
    ground.apply(&person("H7777720701")).await;
    let again = person("H7777720702");
    assert_eq!(ground.plan(&again).await.lines(), ["~ person H*********2 (id_number)"]);
    assert_eq!(ground.apply(&again).await.lines(), ["~ person H*********2 (id_number)"]);
    assert_eq!(ground.apply(&again).await.changes(), 0);
    assert_eq!(ground.count(sql!("SELECT COUNT(*) FROM person")).await, 1);
    assert_eq!(ground.count(sql!("SELECT COUNT(*) FROM document WHERE replaced_at IS NULL")).await, 1);
    let replaced = sql!("SELECT COUNT(*) FROM audit_event WHERE kind = 'document_replaced'");
    assert_eq!(ground.count(replaced).await, 1);
    for number in ["H7777720701", "H7777720702"] {
        assert!(ground.signs_in(number, "correct horse").await, "{number}");
    }
}

#[tokio::test]
async fn a_kind_that_was_declared_wrong_is_set_right() {
    let ground = ground().await;
    let person = |kind: &str| json!({"people": [{"id_type": kind, "id_number": "830000199201300022", "name": "陈大文"}]});
    ground.apply(&person("resident_id")).await;
    let report = ground.apply(&person("residence_permit_tw")).await;
    assert_eq!(report.lines(), ["~ person 8****************2 (id_type)"]);
}
