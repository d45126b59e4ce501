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

#[tokio::test]
async fn a_person_may_hold_several_documents() {
    let ground = ground().await;
    let passport = json!({"id_type": "passport", "issuing_country": "FRA", "id_number": "12AB34567"});
    let person = |documents: Value| {
        json!({"people": [{"id_type": "hkmo_travel_permit", "id_number": "H7777720701", "name": "陈大文",
                           "login_name": "chen", "password": "correct horse", "documents": documents}]})
    };
    ground.apply(&person(json!([]))).await;
    let with_passport = person(json!([passport]));
    assert_eq!(ground.plan(&with_passport).await.lines(), ["~ person H*********1 (documents)"]);
    assert_eq!(ground.apply(&with_passport).await.lines(), ["~ person H*********1 (documents)"]);
    assert_eq!(ground.apply(&with_passport).await.changes(), 0);
    // What a list no longer names stays on record.
    assert_eq!(ground.apply(&person(json!([]))).await.changes(), 0);
    assert_eq!(ground.count(sql!("SELECT COUNT(*) FROM person")).await, 1);
    let living = sql!("SELECT COUNT(*) FROM document WHERE replaced_at IS NULL AND is_primary = 0");
    assert_eq!(ground.count(living).await, 1);
    let linked = sql!("SELECT COUNT(*) FROM audit_event WHERE kind = 'document_linked'");
    assert_eq!(ground.count(linked).await, 1);
    for number in ["H7777720701", "FRA 12AB34567"] {
        assert!(ground.signs_in(number, "correct horse").await, "{number}");
    }
    let twice = person(json!([passport, passport]));
    assert_eq!(ground.refused(&twice).await, "people[0].documents: names a document twice");
    let other =
        json!({"people": [{"id_number": "11010519491231002X", "name": "张桂芳", "documents": [passport]}]});
    assert_eq!(
        ground.refused(&other).await,
        "people[0].documents[0].id_number: is on record as another person's"
    );
    assert_eq!(ground.count(sql!("SELECT COUNT(*) FROM person")).await, 1);
}
