//! The claims parameter (OIDC Core §5.5) and requests for verified claims (OpenID Connect for Identity Assurance §5).

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tongyao::protocol::ClaimsRequest;
use tongyao::protocol::claims_request::{Need, Place};
use tongyao::protocol::verified_claims::{Element, Held, VerifiedClaimsRequest};

use super::pieces::{NOW, object, reached, text};

/// A person as the hall knows them: everything that could be told.
static HELD: LazyLock<Held> = LazyLock::new(|| {
    let members = |value: Value| value.as_object().cloned().unwrap();
    Held {
        verification: members(json!({
            "trust_framework": "cn_gov", "assurance_level": "high", "time": "2026-12-01T02:03:04Z",
            "evidence": [
                {"type": "document", "check_details": [{"check_method": "vpip", "organization": "hall-1"}],
                 "document_details": {"type": "idcard", "date_of_expiry": "2036-01-01", "issuer": {"country": "CHN"}}},
                {"type": "electronic_record", "record": {"type": "population_register"}},
            ],
        })),
        claims: members(json!({"given_name": "三", "family_name": "张", "birthdate": "1949-12-31"})),
    }
});

pub const PLACES: &[&str] = &["read", "acr", "verified", "filled"];

pub fn run(data: &[u8]) {
    let text = text(data);
    if let Ok(request) = text.parse::<ClaimsRequest>() {
        reached("read");
        comes_back_as_it_was(&request);
        agrees_with_itself(&request);
        for place in [Place::IdToken, Place::UserInfo] {
            request.verified(place).into_iter().for_each(tells_no_more_than_is_held);
        }
    }
    if let Some(value) = object(&text).map(Value::Object)
        && let Ok(Some(request)) = VerifiedClaimsRequest::read(&value)
    {
        reached("verified");
        assert_eq!(VerifiedClaimsRequest::read(&request.to_json()), Ok(Some(request.clone())));
        tells_no_more_than_is_held(&request);
    }
}

fn comes_back_as_it_was(request: &ClaimsRequest) {
    let printed = serde_json::to_string(request).unwrap();
    let again: ClaimsRequest = serde_json::from_str(&printed).unwrap();
    if again != *request {
        // Numbers may be rounded once, and then never again.
        let twice = serde_json::to_string(&again).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&twice).unwrap(), again);
        assert!(printed.contains('.') || printed.contains('e'), "{printed}");
    }
}

fn agrees_with_itself(request: &ClaimsRequest) {
    let acr = request.acr();
    assert_eq!(
        request.essential_acr().is_some(),
        acr.as_ref().is_some_and(|wish| wish.need == Need::Essential)
    );
    if let Some(wish) = acr {
        reached("acr");
        assert!(!wish.values.is_empty());
        assert!(request.wish(Place::IdToken, "acr").is_some());
    }
    for place in [Place::IdToken, Place::UserInfo] {
        for (claim, wish) in request.wishes(place) {
            assert_ne!(claim, "verified_claims");
            let _ = wish.texts().count();
        }
    }
    assert!(!request.is_empty() || request.subject().is_none());
}

fn tells_no_more_than_is_held(request: &VerifiedClaimsRequest) {
    let met: Vec<Value> = request.elements().iter().filter_map(fill).collect();
    let several = matches!(request, VerifiedClaimsRequest::Several(_));
    match request.answer(met.clone()) {
        None => assert!(met.is_empty()),
        Some(answer) => assert_eq!(answer.is_array(), several),
    }
}

fn fill(element: &Element) -> Option<Value> {
    let filled = element.fill(&HELD, NOW)?;
    reached("filled");
    let part = |name: &str| filled[name].as_object().cloned().unwrap();
    let (verification, claims) = (part("verification"), part("claims"));
    // §5.7.5: an answer tells something, and says under which framework.
    assert!(!claims.is_empty() && verification.contains_key("trust_framework"));
    assert!(claims.iter().all(|(name, value)| HELD.claims.get(name) == Some(value)), "{filled}");
    assert!(claims.keys().all(|name| element.claims().any(|asked| asked == name)), "{filled}");
    assert!(is_inside(&Value::Object(verification), &Value::Object(HELD.verification.clone())), "{filled}");
    if let Some(frameworks) = element.trust_frameworks() {
        assert!(frameworks.contains(&"cn_gov"), "{filled}");
    }
    assert!(element.fill(&nobody(), NOW).is_none());
    Some(filled)
}

fn nobody() -> Held {
    Held { verification: Map::new(), claims: Map::new() }
}

/// Whether everything told is part of what is held, in the same order.
fn is_inside(told: &Value, held: &Value) -> bool {
    match (told, held) {
        (Value::Object(told), Value::Object(held)) => {
            told.iter().all(|(name, one)| held.get(name).is_some_and(|held| is_inside(one, held)))
        }
        (Value::Array(told), Value::Array(held)) => {
            let mut held = held.iter();
            told.iter().all(|one| held.any(|held| is_inside(one, held)))
        }
        (told, held) => told == held,
    }
}
