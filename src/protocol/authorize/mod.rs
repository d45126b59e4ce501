//! The authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1): every parameter typed, every problem named.

/// Reading one parameter after another.
mod reader;

use std::fmt;

use serde::{Deserialize, Serialize};

use reader::Reader;

use super::acr::AcrValues;
use super::authorization_details::Details;
use super::claims_request::ClaimsRequest;
use super::confirmation::Confirmation;
use super::params::Params;
use super::pkce::CodeChallenge;
use super::prompt::Prompts;
use super::redirect::RedirectUri;
use super::refusal::Refusal;
use super::response::{ResponseMode, ResponseType};
use super::scope::Scope;
use super::text::words;

words! {
    /// `display`.
    Display, "not a display value" {
        Page = "page",
        Popup = "popup",
        Touch = "touch",
        Wap = "wap",
    }
}

/// Who hopes to sign in: an ID number, phone or name as the client wrote it. Kept with the request, never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginHint(String);

impl LoginHint {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A well-formed authorization request, as it is kept while the person signs in. Whether the client may ask for all
/// this is for others to say.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    pub client_id: String,
    pub redirect_uri: RedirectUri,
    pub response_type: ResponseType,
    pub response_mode: Option<ResponseMode>,
    pub scope: Scope,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<CodeChallenge>,
    pub prompt: Prompts,
    /// Seconds since the person last signed in; 0 asks for a new sign-in.
    pub max_age: Option<u64>,
    pub acr_values: AcrValues,
    pub login_hint: Option<LoginHint>,
    pub id_token_hint: Option<String>,
    /// As sent; `Locale::of_ui_locales` reads it.
    pub ui_locales: Option<String>,
    pub display: Option<Display>,
    pub claims: ClaimsRequest,
    pub resource: Vec<String>,
    /// RFC 9449 §10: the code is bound to this key.
    pub dpop_jkt: Option<String>,
    /// RFC 9396.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

/// One parameter that cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizeProblem {
    pub parameter: &'static str,
    pub refusal: Refusal,
}

/// Who is told of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The person, on a page: there is no address that can be trusted (RFC 6749 §4.1.2.1).
    Person,
    /// The client, by redirect.
    Client,
}

impl AuthorizeProblem {
    pub fn told(self) -> Told {
        match self.parameter {
            "client_id" | "redirect_uri" => Told::Person,
            _ => Told::Client,
        }
    }
}

/// An authorization request as it came in: what is needed to answer at all, the problems, and the request itself
/// when there are none.
#[derive(Clone, PartialEq)]
pub struct AuthorizeDraft {
    pub client_id: Option<String>,
    pub redirect_uri: Option<RedirectUri>,
    pub response_type: Option<ResponseType>,
    pub response_mode: Option<ResponseMode>,
    pub state: Option<String>,
    pub ui_locales: Option<String>,
    /// A request object by value (OIDC Core §6.1): whoever understands it makes a new draft from its content.
    pub request: Option<String>,
    /// A request by reference (OIDC Core §6.2, RFC 9126): whoever resolves it makes a new draft from its content.
    pub request_uri: Option<String>,
    /// In the order in which a client should hear of them.
    pub problems: Vec<AuthorizeProblem>,
    request_when_fine: Option<AuthorizeRequest>,
}

impl AuthorizeDraft {
    /// Reads every parameter; unknown ones are ignored (RFC 6749 §3.1).
    pub fn parse(params: &Params) -> Self {
        Reader::read(params)
    }

    /// The first problem that must be shown to the person because no address can be trusted.
    pub fn problem_for_person(&self) -> Option<AuthorizeProblem> {
        self.problems.iter().copied().find(|problem| problem.told() == Told::Person)
    }

    /// How an answer travels, an error too.
    pub fn answer_mode(&self) -> ResponseMode {
        self.response_type.unwrap_or(ResponseType::Code).mode(self.response_mode)
    }

    /// The request, or everything that is wrong with it (at least one problem).
    pub fn into_request(self) -> Result<AuthorizeRequest, Vec<AuthorizeProblem>> {
        match self.request_when_fine {
            Some(request) if self.problems.is_empty() => Ok(request),
            _ => Err(self.problems),
        }
    }
}

impl AuthorizeRequest {
    /// How the answer travels.
    pub fn answer_mode(&self) -> ResponseMode {
        self.response_type.mode(self.response_mode)
    }

    /// RFC 9449 §10.1: a proof sent with a pushed request says of the key what `dpop_jkt` says; together they must agree.
    pub fn bind(&mut self, proved: Option<&Confirmation>) -> Result<(), Refusal> {
        let Some(Confirmation::Key(key)) = proved else { return Ok(()) };
        match &self.dpop_jkt {
            Some(named) if named != key => Err(Refusal::DpopKeyDiffers),
            _ => {
                self.dpop_jkt = Some(key.clone());
                Ok(())
            }
        }
    }
}

impl fmt::Debug for AuthorizeRequest {
    /// Hints name people and `state` and `nonce` guard sessions: none of them is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeRequest")
            .field("client_id", &self.client_id)
            .field("response_type", &self.response_type)
            .field("scope", &self.scope)
            .field("prompt", &self.prompt)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorizeDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeDraft")
            .field("client_id", &self.client_id)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::acr::Acr;

    const GOOD: &str =
        "client_id=app1&redirect_uri=https://a.example/cb&response_type=code&scope=openid+profile";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn draft(query: &str) -> AuthorizeDraft {
        AuthorizeDraft::parse(&Params::parse(query).unwrap())
    }

    #[test]
    fn reads_every_parameter_and_keeps_it() {
        let query = format!(
            "{GOOD}&state=s&nonce=n&response_mode=form_post&code_challenge={CHALLENGE}&code_challenge_method=S256\
             &prompt=login+consent&max_age=0&acr_values=urn:tongyao:loa:3&login_hint=13800000001&id_token_hint=j.w.t\
             &ui_locales=en&display=popup&claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D\
             &resource=https://api.example/&resource=urn:x:y&dpop_jkt={CHALLENGE}&whatever=1"
        );
        let request = draft(&query).into_request().unwrap();
        assert_eq!(request.answer_mode(), ResponseMode::FormPost);
        assert_eq!(request.code_challenge.as_ref().unwrap().to_string(), CHALLENGE);
        assert_eq!((request.max_age, request.display), (Some(0), Some(Display::Popup)));
        assert_eq!(request.acr_values.known(), [Acr::Loa(3)]);
        assert_eq!(request.resource, ["https://api.example/", "urn:x:y"]);
        assert!(!request.claims.is_empty());
        assert!(!format!("{request:?}").contains("13800000001"));
        let kept = serde_json::to_string(&request).unwrap();
        assert!(serde_json::from_str::<AuthorizeRequest>(&kept).unwrap() == request);
    }

    #[test]
    fn each_problem_names_its_parameter() {
        let long = |name: &str, length: usize| format!("{name}={}", "x".repeat(length));
        let resources: String = (0..9).map(|number| format!("resource=https://a/{number}&")).collect();
        let cases = [
            ("response_mode=jws".to_owned(), "response_mode", Refusal::ResponseModeUnknown),
            ("authorization_details=%5B%5D".to_owned(), "authorization_details", Refusal::DetailsMalformed),
            (long("state", 2049), "state", Refusal::StateMalformed),
            ("state=%0d%0a".to_owned(), "state", Refusal::StateMalformed),
            (long("nonce", 513), "nonce", Refusal::NonceMalformed),
            (long("login_hint", 513), "login_hint", Refusal::HintMalformed),
            (long("id_token_hint", 8193), "id_token_hint", Refusal::IdTokenHintInvalid),
            (long("acr_values", 2049), "acr_values", Refusal::AcrValuesMalformed),
            (format!("code_challenge={CHALLENGE}"), "code_challenge_method", Refusal::PkceMethodRefused),
            (
                format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
                "code_challenge_method",
                Refusal::PkceMethodRefused,
            ),
            ("code_challenge_method=S256".to_owned(), "code_challenge", Refusal::PkceMissing),
            (
                "code_challenge=x&code_challenge_method=S256".to_owned(),
                "code_challenge",
                Refusal::PkceChallengeMalformed,
            ),
            ("prompt=dance".to_owned(), "prompt", Refusal::PromptUnknown),
            ("prompt=none+login".to_owned(), "prompt", Refusal::PromptNoneNotAlone),
            ("max_age=-1".to_owned(), "max_age", Refusal::MaxAgeMalformed),
            ("max_age=99999999999".to_owned(), "max_age", Refusal::MaxAgeMalformed),
            ("claims=%5B%5D".to_owned(), "claims", Refusal::ClaimsMalformed),
            (long("claims", 16385), "claims", Refusal::ClaimsTooLarge),
            ("request=a.b.c".to_owned(), "request", Refusal::RequestObjectUnsupported),
            ("request_uri=urn:x".to_owned(), "request_uri", Refusal::RequestUriUnsupported),
            ("registration=x".to_owned(), "registration", Refusal::RegistrationUnsupported),
            ("resource=/x".to_owned(), "resource", Refusal::ResourceInvalid),
            ("resource=https://a/%23f".to_owned(), "resource", Refusal::ResourceInvalid),
            (resources, "resource", Refusal::ResourceInvalid),
            (long("dpop_jkt", 43), "dpop_jkt", Refusal::DpopKeyMalformed),
        ];
        for (with, parameter, refusal) in cases {
            let draft = draft(&format!("{GOOD}&{with}"));
            assert_eq!(draft.problem_for_person(), None, "{with:.60}");
            assert_eq!(
                draft.into_request().unwrap_err(),
                [AuthorizeProblem { parameter, refusal }],
                "{with:.60}"
            );
        }
    }

    #[test]
    fn only_a_trusted_address_gets_an_answer() {
        let cases = [
            ("redirect_uri=https://a.example/cb&response_type=code", Refusal::ClientMissing),
            ("client_id=%7f&redirect_uri=https://a.example/cb", Refusal::ClientIdMalformed),
            ("client_id=app1&response_type=code", Refusal::RedirectMissing),
            ("client_id=app1&redirect_uri=javascript:alert(1)", Refusal::RedirectMalformed),
        ];
        for (query, refusal) in cases {
            assert_eq!(
                draft(query).problem_for_person().map(|problem| problem.refusal),
                Some(refusal),
                "{query}"
            );
        }
    }

    #[test]
    fn an_error_answer_still_knows_state_and_mode() {
        let draft = draft("client_id=app1&redirect_uri=https://a.example/cb&state=s&scope=%22");
        assert_eq!((draft.state.as_deref(), draft.answer_mode()), (Some("s"), ResponseMode::Query));
        let refusals: Vec<Refusal> = draft.problems.iter().map(|problem| problem.refusal).collect();
        assert_eq!(refusals, [Refusal::ResponseTypeMissing, Refusal::ScopeMalformed]);
        let unfit =
            AuthorizeDraft::parse(&Params::parse("response_type=code+id_token&response_mode=query").unwrap());
        assert_eq!(unfit.answer_mode(), ResponseMode::Fragment);
    }

    #[test]
    fn a_proof_and_dpop_jkt_must_name_one_key() {
        let ask = |query: &str| draft(query).into_request().unwrap();
        let key = |text: &str| Some(Confirmation::Key(text.to_owned()));
        let mut request = ask(GOOD);
        assert_eq!(request.bind(None), Ok(()));
        assert_eq!(request.dpop_jkt, None);
        assert_eq!(request.bind(key(CHALLENGE).as_ref()), Ok(()));
        assert_eq!(request.dpop_jkt.as_deref(), Some(CHALLENGE));
        let mut named = ask(&format!("{GOOD}&dpop_jkt={CHALLENGE}"));
        assert_eq!(named.bind(key(CHALLENGE).as_ref()), Ok(()));
        assert_eq!(named.bind(key("other").as_ref()), Err(Refusal::DpopKeyDiffers));
    }

    proptest! {
        #[test]
        fn takes_any_value_anywhere(
            values in proptest::collection::hash_map("(client_id|redirect_uri|response_type|response_mode|scope|state\
                |nonce|code_challenge|code_challenge_method|prompt|max_age|acr_values|login_hint|id_token_hint\
                |ui_locales|display|claims|request|request_uri|registration|resource|dpop_jkt|authorization_details)", "[^\0]{0,60}", 0..12)
        ) {
            let draft = AuthorizeDraft::parse(&Params::from_pairs(values).unwrap());
            let no_problems = draft.problems.is_empty();
            prop_assert_eq!(draft.into_request().is_ok(), no_problems);
        }
    }
}
