//! The token exchange request (RFC 8693 §2.1).

use crate::base::Secret;

use super::params::Params;
use super::refusal::Refusal;
use super::resource;
use super::scope::Scope;
use super::text::words;

words! {
    /// Token type identifiers (RFC 8693 §3) that we take and give.
    TokenTypeId, "token type must be urn:ietf:params:oauth:token-type:access_token" {
        AccessToken = "urn:ietf:params:oauth:token-type:access_token",
    }
}

const MOST_TOKEN: usize = 8192;
const MOST_AUDIENCES: usize = 8;
const MOST_AUDIENCE: usize = 2048;

/// What is exchanged for what.
#[derive(Debug, Clone)]
pub struct TokenExchange {
    pub subject_token: Secret,
    /// Absent: the client itself acts.
    pub actor_token: Option<Secret>,
    /// Logical names of targets.
    pub audiences: Vec<String>,
    /// Addresses of targets (RFC 8707).
    pub resources: Vec<String>,
    /// Absent: all that may be had.
    pub scope: Option<Scope>,
}

impl TokenExchange {
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let subject_token = params.get("subject_token").ok_or(Refusal::SubjectTokenMissing)?;
        of_a_type_we_take(params, "subject_token_type")?;
        if params.get("requested_token_type").is_some_and(|wanted| wanted.parse::<TokenTypeId>().is_err()) {
            return Err(Refusal::TokenTypeUnsupported);
        }
        Ok(Self {
            subject_token: secret(subject_token).ok_or(Refusal::SubjectTokenInvalid)?,
            actor_token: actor_token(params)?,
            audiences: audiences(params)?,
            resources: resource::read(params)?,
            scope: params.get("scope").map(str::parse).transpose().map_err(|_| Refusal::ScopeMalformed)?,
        })
    }
}

/// RFC 8693 §2.1: the type goes with the token, and never without it.
fn actor_token(params: &Params) -> Result<Option<Secret>, Refusal> {
    match params.get("actor_token") {
        Some(token) => {
            of_a_type_we_take(params, "actor_token_type")?;
            secret(token).map(Some).ok_or(Refusal::ActorTokenInvalid)
        }
        None if params.has("actor_token_type") => Err(Refusal::ActorTokenInvalid),
        None => Ok(None),
    }
}

fn of_a_type_we_take(params: &Params, name: &str) -> Result<(), Refusal> {
    let given = params.get(name).ok_or(Refusal::TokenTypeMissing)?;
    given.parse::<TokenTypeId>().map(|_| ()).map_err(|_| Refusal::TokenTypeUnsupported)
}

fn audiences(params: &Params) -> Result<Vec<String>, Refusal> {
    let mut audiences: Vec<String> = Vec::new();
    for text in params.all("audience") {
        if text.len() > MOST_AUDIENCE || !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Err(Refusal::TargetUnknown);
        }
        if !audiences.iter().any(|known| known == text) {
            audiences.push(text.to_owned());
        }
    }
    if audiences.len() <= MOST_AUDIENCES { Ok(audiences) } else { Err(Refusal::TargetUnknown) }
}

fn secret(text: &str) -> Option<Secret> {
    let fits = text.len() <= MOST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

    fn read(query: &str) -> Result<TokenExchange, Refusal> {
        TokenExchange::parse(&Params::parse(query).unwrap())
    }

    #[test]
    fn reads_what_is_exchanged() {
        let asked = read(&format!(
            "subject_token=s&subject_token_type={TYPE}&actor_token=a&actor_token_type={TYPE}&audience=x&audience=x\
             &resource=urn:a:b&scope=tasks.read&requested_token_type={TYPE}"
        ))
        .unwrap();
        assert_eq!(asked.subject_token.expose(), "s");
        assert_eq!(asked.actor_token.unwrap().expose(), "a");
        assert_eq!((asked.audiences, asked.resources), (vec!["x".to_owned()], vec!["urn:a:b".to_owned()]));
        assert_eq!(asked.scope, Some("tasks.read".parse().unwrap()));
    }

    #[test]
    fn refuses_by_cause() {
        let saml = "urn:ietf:params:oauth:token-type:saml2";
        let cases = [
            (String::new(), Refusal::SubjectTokenMissing),
            ("subject_token=s".to_owned(), Refusal::TokenTypeMissing),
            (format!("subject_token=s&subject_token_type={saml}"), Refusal::TokenTypeUnsupported),
            (format!("subject_token=%0a&subject_token_type={TYPE}"), Refusal::SubjectTokenInvalid),
            (
                format!("subject_token=s&subject_token_type={TYPE}&requested_token_type={saml}"),
                Refusal::TokenTypeUnsupported,
            ),
            (
                format!("subject_token=s&subject_token_type={TYPE}&actor_token_type={TYPE}"),
                Refusal::ActorTokenInvalid,
            ),
            (format!("subject_token=s&subject_token_type={TYPE}&actor_token=a"), Refusal::TokenTypeMissing),
            (format!("subject_token=s&subject_token_type={TYPE}&audience=%E4%B8%AD"), Refusal::TargetUnknown),
            (format!("subject_token=s&subject_token_type={TYPE}&resource=x"), Refusal::ResourceInvalid),
            (format!("subject_token=s&subject_token_type={TYPE}&scope=%22"), Refusal::ScopeMalformed),
        ];
        for (query, expected) in cases {
            assert_eq!(read(&query).map(|_| ()), Err(expected), "{query}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(token in "[^\0]{0,40}", kind in "[^\0]{0,40}", audience in "[^\0]{0,40}") {
            let pairs = [("subject_token", token), ("subject_token_type", kind), ("audience", audience)];
            let _ = TokenExchange::parse(&Params::from_pairs(pairs).unwrap());
        }
    }
}
