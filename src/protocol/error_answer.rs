//! The answer that carries a refusal: RFC 6749 §5.2 in a body, §4.1.2.1 by redirect.

use serde::Serialize;

use crate::base::Locale;

use super::refusal::Refusal;

/// An error answer. `error_description` is always ASCII English, because the grammar of RFC 6749 allows nothing
/// else and strict clients refuse an answer that breaks it; Chinese stands in its own member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorAnswer {
    pub error: &'static str,
    pub error_description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description_zh: Option<&'static str>,
    /// Six digits.
    pub error_code: String,
    /// Names the request, for the department's console.
    pub txn: String,
    /// The page that says what the refusal means and what to do (RFC 6749 §5.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_uri: Option<String>,
}

impl ErrorAnswer {
    /// `asked` is the language of `ui_locales` or `Accept-Language`; only those who ask for English get no Chinese.
    pub fn new(refusal: Refusal, asked: Option<Locale>, txn: impl Into<String>) -> Self {
        Self {
            error: refusal.code().as_str(),
            error_description: refusal.description(Locale::En),
            error_description_zh: (asked != Some(Locale::En)).then(|| refusal.description(Locale::ZhCn)),
            error_code: refusal.number().to_string(),
            txn: txn.into(),
            error_uri: None,
        }
    }

    pub fn explained_at(self, page: String) -> Self {
        Self { error_uri: Some(page), ..self }
    }

    /// The members as parameters of an answer by redirect or form post, without `state` and `iss`.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = vec![("error", self.error), ("error_description", self.error_description)];
        pairs.extend(self.error_description_zh.map(|text| ("error_description_zh", text)));
        pairs.push(("error_code", &self.error_code));
        pairs.push(("txn", &self.txn));
        pairs.extend(self.error_uri.as_deref().map(|page| ("error_uri", page)));
        pairs
    }

    /// Only what RFC 6749 §4.1.2.1 names; number and `txn` stand in `error_uri`.
    pub fn standard_pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = vec![("error", self.error), ("error_description", self.error_description)];
        pairs.extend(self.error_uri.as_deref().map(|page| ("error_uri", page)));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_chinese_unless_english_is_asked_for() {
        let body = |asked| serde_json::to_value(ErrorAnswer::new(Refusal::CodeMissing, asked, "t1"));
        let english = serde_json::json!({
            "error": "invalid_request", "error_description": "code is missing.", "error_code": "103004", "txn": "t1"
        });
        assert_eq!(body(Some(Locale::En)).unwrap(), english);
        for asked in [None, Some(Locale::ZhCn)] {
            assert_eq!(body(asked).unwrap()["error_description_zh"], "缺少 code。");
        }
    }
}
