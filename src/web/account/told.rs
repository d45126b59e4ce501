//! Each kind of event in words, with what a citizen may want to know of it; some mean nothing to a citizen.

use serde_json::Value;

use super::items;
use crate::base::Locale;
use crate::web::messages::{Level, Used};

/// What happened, for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    pub what: String,
    pub detail: Option<String>,
}

/// The words for an event; none where it means nothing to a citizen. Reasons of a refusal at the window are never told.
pub fn words(locale: Locale, kind: &str, facts: &Value) -> Option<Told> {
    let m = Used(locale);
    let fact = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default();
    let (what, detail) = match kind {
        "person_recorded" => (m.recorded(), recorded_by(m, fact("source"))),
        // The window's own line tells of it.
        "evidence_recorded" if fact("kind") == "window_verification" => return None,
        "evidence_recorded" => (m.evidence(), evidence(m, fact("kind"))),
        "account_created" => (m.account_created(), None),
        "signed_in" => (if fact("method") == "password" { m.by_password() } else { m.signed_in() }, None),
        "sign_in_failed" => (m.sign_in_failed(), Some(m.sign_in_failed_text())),
        "session_ended" => (m.signed_out(), ended(m, fact("reason"))),
        "consent_given" => return Some(with_items(locale, m.consent_given(), fact("scope"))),
        "consent_refused" => (m.consent_refused(), None),
        "consent_withdrawn" => (m.consent_withdrawn(), None),
        "tokens_issued" => return Some(with_items(locale, m.tokens_issued(), fact("scope"))),
        "tokens_refreshed" => (m.tokens_refreshed(), None),
        // Its first use has been told.
        "refresh_repeated" => return None,
        "token_exchanged" => return Some(with_items(locale, m.token_exchanged(), fact("scope"))),
        "refresh_replayed" => (m.refresh_replayed(), None),
        "decoupled_asked" => (m.asked_elsewhere(), None),
        "decoupled_allowed" => (m.allowed_elsewhere(), None),
        "decoupled_refused" => (m.refused_elsewhere(), None),
        "id_number_released" => (m.id_number_released(), None),
        "visit_opened" => (m.visit_opened(), None),
        "visit_cancelled" => (m.visit_cancelled(), None),
        "visit_expired" => (m.visit_expired(), None),
        "visit_decided" => return Some(decided(locale, fact("outcome"), facts)),
        "binding_confirmed" => (m.binding_confirmed(), None),
        "binding_refused" => (m.binding_refused(), None),
        "continuation_issued" => (m.continuation_issued(), None),
        "tries_exhausted" => (m.tries_exhausted(), None),
        "name_corrected" => (m.name_corrected(), None),
        "document_linked" => (m.document_linked(), None),
        "document_replaced" => (m.document_replaced(), None),
        _ => return None,
    };
    Some(Told { what: what.to_owned(), detail: detail.map(str::to_owned) })
}

fn recorded_by(m: Used, source: &str) -> Option<&'static str> {
    match source {
        "window" => Some(m.recorded_window()),
        "import" => Some(m.recorded_import()),
        "apply" => Some(m.recorded_apply()),
        _ => None,
    }
}

fn evidence(m: Used, kind: &str) -> Option<&'static str> {
    match kind {
        "self_asserted" => Some(m.evidence_self()),
        "registry_match" => Some(m.evidence_registry()),
        "face_match" => Some(m.evidence_face()),
        "bank_card" => Some(m.evidence_bank()),
        "qualified_certificate" => Some(m.evidence_certificate()),
        "imported" => Some(m.evidence_imported()),
        _ => None,
    }
}

fn ended(m: Used, reason: &str) -> Option<&'static str> {
    match reason {
        "ended_elsewhere" => Some(m.ended_elsewhere()),
        "other_person" => Some(m.ended_other_person()),
        "ended_by_operator" => Some(m.ended_by_operator()),
        _ => None,
    }
}

fn with_items(locale: Locale, what: &str, scope: &str) -> Told {
    let names = items::names(locale, scope.split_ascii_whitespace(), std::iter::empty());
    let detail = (!names.is_empty()).then(|| items::line(locale, &names));
    Told { what: what.to_owned(), detail }
}

fn decided(locale: Locale, outcome: &str, facts: &Value) -> Told {
    let m = Used(locale);
    if outcome != "passed" {
        return Told { what: m.visit_failed().to_owned(), detail: None };
    }
    let level = facts.get("level").and_then(Value::as_u64).and_then(|level| u8::try_from(level).ok());
    Told { what: m.visit_passed().to_owned(), detail: level.map(|level| Level(locale).full(level)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Kinds that are no line of a citizen's history: about staff, clients and jobs, or told by another line.
    const PASSED_OVER: &[&str] = &[
        "client_token_issued",
        "refresh_repeated",
        "exchange_refused",
        "assertion_accepted",
        "code_replayed",
        "token_revoked",
        "logout_queued",
        "logout_delivered",
        "logout_given_up",
        "logout_asked",
        "logout_missed",
        "staff_signed_in",
        "staff_sign_in_failed",
        "staff_signed_out",
        "window_chosen",
        "visit_taken",
        "visit_released",
        "card_read",
        "card_refused",
        "binding_offered",
        "person_not_found",
        "notice_settled",
        "applied",
        "key_rotated",
        "client_changed",
        "invitation_changed",
    ];

    /// The kinds as the audit writes them.
    fn kinds() -> Vec<&'static str> {
        let source = include_str!("../../audit/event.rs");
        source.split("row(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_kind_is_told_or_passed_over_on_purpose() {
        let kinds = kinds();
        assert!(kinds.len() > 30, "{kinds:?}");
        for kind in kinds {
            for locale in Locale::ALL {
                let told = words(locale, kind, &json!({})).is_some();
                assert_ne!(told, PASSED_OVER.contains(&kind), "{kind}");
            }
        }
    }

    #[test]
    fn tells_what_a_citizen_wants_to_know() {
        let cases = [
            ("signed_in", json!({"method": "password"}), "密码登录", None),
            (
                "tokens_issued",
                json!({"scope": "openid profile"}),
                "用您的身份登录系统",
                Some("登录身份、基本信息"),
            ),
            (
                "visit_decided",
                json!({"outcome": "passed", "level": 3}),
                "窗口核验通过",
                Some("3 级 · 现场核验"),
            ),
            ("visit_decided", json!({"outcome": "failed_final", "reason": "face"}), "窗口核验未通过", None),
            ("session_ended", json!({"reason": "ended_elsewhere"}), "退出登录", Some("在另一台设备上被退出")),
        ];
        for (kind, facts, what, detail) in cases {
            let told = words(Locale::ZhCn, kind, &facts).unwrap();
            assert_eq!((told.what.as_str(), told.detail.as_deref()), (what, detail), "{kind}");
        }
        assert_eq!(words(Locale::En, "evidence_recorded", &json!({"kind": "window_verification"})), None);
    }
}
