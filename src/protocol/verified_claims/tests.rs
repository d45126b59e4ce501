//! The filter rules, a table a section.

use proptest::prelude::*;

use super::*;

/// 2026-11-22T02:00:00Z.
const NOW: i64 = 1_795_312_800;

fn held() -> Held {
    let held = json!({
        "verification": {
            "trust_framework": "tongyao", "assurance_level": "3", "time": "2026-11-21T02:00:00Z",
            "verification_process": "p1",
            "evidence": [
                {"type": "document",
                 "check_details": [
                    {"check_method": "vpip", "organization": "hall", "time": "2026-11-21T02:00:00Z"},
                    {"check_method": "pvp", "organization": "hall", "time": "2026-11-21T02:00:00Z"}],
                 "document_details": {"type": "idcard", "document_number": "N", "date_of_issuance": "2020-01-01",
                                      "issuer": {"name": "bureau", "country_code": "CHN"}}},
                {"type": "electronic_record", "check_details": [{"check_method": "data"}],
                 "record": {"type": "population_register"}}]
        },
        "claims": {"name": "W", "birthdate": "1949-12-31", "id_type": "resident_id"}
    });
    let part = |name: &str| held[name].as_object().unwrap().clone();
    Held { verification: part("verification"), claims: part("claims") }
}

fn filled(verification: Value, claims: Value) -> Option<Value> {
    let element = json!({"verification": verification, "claims": claims});
    let request = VerifiedClaimsRequest::read(&element).unwrap().unwrap();
    request.elements()[0].fill(&held(), NOW)
}

fn verification(wish: Value) -> Option<Value> {
    filled(wish, json!({"name": null})).map(|told| told["verification"].clone())
}

fn claims(wish: Value) -> Option<Value> {
    filled(json!({"trust_framework": null}), wish).map(|told| told["claims"].clone())
}

#[test]
fn section_5_3_tells_the_claims_asked_for_and_no_other() {
    let cases = [
        (json!({"name": null}), Some(json!({"name": "W"}))),
        (json!({"name": {}}), Some(json!({"name": "W"}))),
        (
            json!({"name": {"essential": false}, "id_type": {"essential": true}}),
            Some(json!({"name": "W", "id_type": "resident_id"})),
        ),
        // §5.7.2: what is not known is left out, essential or not.
        (json!({"name": null, "claim%1/a&,.b": {"essential": true}}), Some(json!({"name": "W"}))),
        (json!({"shoe_size": {"essential": true}}), None),
        (Value::Null, None),
    ];
    for (wish, expected) in cases {
        assert_eq!(claims(wish.clone()), expected, "{wish}");
    }
}

#[test]
fn section_5_4_tells_of_the_verification_what_was_asked() {
    let tf = json!({"trust_framework": "tongyao"});
    let with = |mut told: Value| {
        told["trust_framework"] = json!("tongyao");
        Some(told)
    };
    let document = json!({"value": "document"});
    let cases = [
        (json!({"trust_framework": null}), Some(tf.clone())),
        (json!({"trust_framework": null, "time": null}), with(json!({"time": "2026-11-21T02:00:00Z"}))),
        (json!({"trust_framework": null, "weather": null}), Some(tf)),
        (
            json!({"trust_framework": null, "evidence": [{"type": document}]}),
            with(json!({"evidence": [{"type": "document"}]})),
        ),
        (
            json!({"trust_framework": null, "evidence": [{"type": document, "document_details": {"type": null}}]}),
            with(json!({"evidence": [{"type": "document", "document_details": {"type": "idcard"}}]})),
        ),
        (
            json!({"trust_framework": null,
                "evidence": [{"type": document, "document_details": {"issuer": {"country_code": null}}}]}),
            with(json!({"evidence": [{"type": "document",
                                   "document_details": {"type": "idcard", "issuer": {"country_code": "CHN"}}}]})),
        ),
        // Linked by OR.
        (
            json!({"trust_framework": null,
                "evidence": [{"type": {"value": "vouch"}}, {"type": {"value": "electronic_record"}, "record": {"type": null}}]}),
            with(
                json!({"evidence": [{"type": "electronic_record", "record": {"type": "population_register"}}]}),
            ),
        ),
        (
            json!({"trust_framework": null,
                "evidence": [{"type": document, "check_details": [{"check_method": {"value": "pvp"}, "organization": null}]}]}),
            with(
                json!({"evidence": [{"type": "document", "check_details": [{"check_method": "pvp", "organization": "hall"}]}]}),
            ),
        ),
        (
            json!({"trust_framework": null,
                "evidence": [{"type": document,
                              "check_details": [{"check_method": {"value": "vcrypt"}}, {"check_method": {"values": ["vpip"]}}]}]}),
            with(json!({"evidence": [{"type": "document", "check_details": [{"check_method": "vpip"}]}]})),
        ),
    ];
    for (wish, expected) in cases {
        assert_eq!(verification(wish.clone()), expected, "{wish}");
    }
}

#[test]
fn section_5_5_1_keeps_to_value_and_values() {
    let met = [
        json!({"trust_framework": {"value": "tongyao"}}),
        json!({"trust_framework": {"values": ["gold", "tongyao"]}}),
        json!({"trust_framework": null, "assurance_level": {"value": "3", "essential": true}}),
        json!({"trust_framework": null, "evidence": [
            {"type": {"value": "document"}, "document_details": {"type": {"values": ["passport", "idcard"]}}}]}),
    ];
    for wish in met {
        assert!(verification(wish.clone()).is_some(), "{wish}");
    }
    // §5.7.4: a condition on the verification that is unmet takes the whole element with it.
    let unmet = [
        json!({"trust_framework": {"value": "gold"}}),
        json!({"trust_framework": {"values": ["gold", "silver"], "essential": false}}),
        json!({"trust_framework": null, "assurance_level": {"value": "2"}}),
        json!({"trust_framework": null, "verification_process": {"value": "other"}}),
        json!({"trust_framework": null, "later_invention": {"value": "x"}}),
        json!({"trust_framework": null, "evidence": [{"type": {"value": "qr_code"}}]}),
        json!({"trust_framework": null, "evidence": [
            {"type": {"value": "document"}, "document_details": {"type": {"value": "passport"}}}]}),
        json!({"trust_framework": null, "evidence": [
            {"type": {"value": "document"}, "check_details": [{"check_method": {"value": "vcrypt"}}]}]}),
        // Not held, so not met.
        json!({"trust_framework": null, "evidence": [
            {"type": {"value": "electronic_record"}, "document_details": {"type": {"value": "idcard"}}}]}),
    ];
    for wish in unmet {
        assert_eq!(verification(wish.clone()), None, "{wish}");
    }
    // A claim that is unmet goes alone.
    let both = json!({"name": {"value": "X"}, "id_type": {"values": ["passport", "resident_id"]}});
    assert_eq!(claims(both), Some(json!({"id_type": "resident_id"})));
    assert_eq!(claims(json!({"name": {"value": "2a7c0f9e"}})), None);
}

#[test]
fn section_5_5_2_counts_max_age_from_the_last_second() {
    let day = 24 * 3600i64;
    for (most, met) in
        [(day, true), (day - 1, false), (0, false), (63_113_852, true), (31_556_926_000i64, true)]
    {
        let wish = json!({"trust_framework": null, "time": {"max_age": most}});
        assert_eq!(verification(wish).is_some(), met, "{most}");
        let inside = json!({"trust_framework": null, "evidence": [
            {"type": {"value": "document"}, "check_details": [{"check_method": null, "time": {"max_age": most}}]}]});
        assert_eq!(verification(inside).is_some(), met, "{most}");
    }
    // The first day of 2020 ends with its last second.
    let since = NOW - 1_577_923_199;
    for (most, met) in [(since, true), (since - 1, false)] {
        let wish = json!({"trust_framework": null, "evidence": [
            {"type": {"value": "document"}, "document_details": {"date_of_issuance": {"max_age": most}}}]});
        assert_eq!(verification(wish).is_some(), met, "{most}");
    }
    // In the claims only the claim goes; what is no date has no age.
    assert_eq!(
        claims(json!({"birthdate": {"max_age": 60}, "name": {"max_age": 0}})),
        Some(json!({"name": "W"}))
    );
    // Nobody knows when the document ends, so nobody can say how old that is.
    let unknown = json!({"trust_framework": null, "evidence": [
        {"type": {"value": "document"}, "document_details": {"date_of_expiry": {"max_age": 31_556_926_000i64}}}]});
    assert_eq!(verification(unknown), None);
}

#[test]
fn section_5_6_answers_each_element_on_its_own() {
    let element = |framework: &str| json!({"verification": {"trust_framework": {"value": framework}}, "claims": {"name": null}});
    let request =
        VerifiedClaimsRequest::read(&json!([element("gold"), element("tongyao")])).unwrap().unwrap();
    let met: Vec<Value> = request.elements().iter().filter_map(|one| one.fill(&held(), NOW)).collect();
    assert_eq!(met.len(), 1);
    assert!(request.answer(met.clone()).unwrap().is_array());
    assert_eq!(request.answer(vec![]), None);
    let one = VerifiedClaimsRequest::read(&element("tongyao")).unwrap().unwrap();
    assert!(one.answer(met).unwrap().is_object());
}

#[test]
fn refuses_what_the_schema_of_requests_refuses() {
    let tf = json!({"trust_framework": null});
    let evidence = |entry: Value| json!({"verification": {"trust_framework": null, "evidence": entry}, "claims": {"name": null}});
    let cases = [
        json!("name"),
        json!({}),
        json!({"claims": {"name": null}}),
        json!({"verification": tf}),
        json!({"verification": null, "claims": {"name": null}}),
        json!({"verification": {}, "claims": {"name": null}}),
        json!({"verification": {"time": null}, "claims": {"name": null}}),
        json!({"verification": {"trust_framework": "tongyao"}, "claims": {"name": null}}),
        json!({"verification": tf, "claims": {}}),
        json!({"verification": tf, "claims": []}),
        json!({"verification": tf, "claims": {"name": true}}),
        json!({"verification": tf, "claims": {"name": {"essential": "yes"}}}),
        json!({"verification": tf, "claims": {"name": {"value": "a", "values": ["a"]}}}),
        json!({"verification": {"trust_framework": null, "time": {"max_age": -1}}, "claims": {"name": null}}),
        json!({"verification": {"trust_framework": null, "time": {"max_age": "1"}}, "claims": {"name": null}}),
        json!({"verification": {"trust_framework": {"values": []}}, "claims": {"name": null}}),
        evidence(json!([])),
        evidence(json!({"type": {"value": "document"}})),
        evidence(json!([{}])),
        evidence(json!([{"type": null}])),
        evidence(json!([{"type": {"values": ["document"]}}])),
        evidence(json!([{"type": {"value": "document", "values": ["document"]}}])),
        evidence(json!([{"type": {"value": "document"}, "check_details": []}])),
        json!(vec![json!({"verification": tf, "claims": {"name": null}}); 17]),
        json!([{"verification": tf, "claims": {"name": null}}, null]),
    ];
    for case in cases {
        assert_eq!(VerifiedClaimsRequest::read(&case), Err(NotAVerifiedClaimsRequest), "{case}");
    }
    for nothing in [json!(null), json!([])] {
        assert_eq!(VerifiedClaimsRequest::read(&nothing), Ok(None));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = "verification|claims|evidence|trust_framework|type|value|values|max_age|time|check_details|name|[a-z]{1,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "document|tongyao|vpip|2026-11-21T02:00:00Z|.{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Everything told stands in what is held.
fn is_part(told: &Value, held: &Value) -> bool {
    match (told, held) {
        (Value::Object(told), Value::Object(held)) => {
            told.iter().all(|(name, value)| held.get(name).is_some_and(|held| is_part(value, held)))
        }
        (Value::Array(told), Value::Array(held)) => {
            told.iter().all(|value| held.iter().any(|held| is_part(value, held)))
        }
        (told, held) => told == held,
    }
}

proptest! {
    #[test]
    fn takes_any_json_and_keeps_what_it_took(value in any_json()) {
        if let Ok(Some(request)) = VerifiedClaimsRequest::read(&value) {
            prop_assert_eq!(VerifiedClaimsRequest::read(&request.to_json()), Ok(Some(request)));
        }
    }

    #[test]
    fn never_tells_what_is_not_held_or_was_not_asked(wishes in any_json(), names in prop::collection::vec("name|birthdate|other", 1..3)) {
        let verification = match wishes {
            Value::Object(mut members) => {
                members.insert("trust_framework".into(), Value::Null);
                Value::Object(members)
            }
            _ => json!({"trust_framework": null}),
        };
        let claims: Map<String, Value> = names.iter().map(|name| (name.clone(), Value::Null)).collect();
        let element = json!({"verification": verification, "claims": claims});
        if let Ok(Some(request)) = VerifiedClaimsRequest::read(&element)
            && let Some(told) = request.elements()[0].fill(&held(), NOW)
        {
            let held = held();
            prop_assert!(is_part(&told["verification"], &json!(held.verification)));
            for name in told["claims"].as_object().unwrap().keys() {
                prop_assert!(names.contains(name));
            }
            for name in told["verification"].as_object().unwrap().keys() {
                prop_assert!(name == "trust_framework" || verification.get(name).is_some());
            }
        }
    }
}
