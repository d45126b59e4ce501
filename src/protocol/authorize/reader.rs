//! Reads the parameters of an authorization request one after another and names each problem.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{AuthorizeDraft, AuthorizeProblem, AuthorizeRequest, LoginHint};
use crate::protocol::claims_request::{ClaimsRequest, NotAClaimsRequest};
use crate::protocol::client_auth::is_client_id;
use crate::protocol::params::Params;
use crate::protocol::pkce::{ChallengeMethod, CodeChallenge};
use crate::protocol::prompt::{NotPrompts, Prompts};
use crate::protocol::redirect::RedirectUri;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource;
use crate::protocol::response::{ResponseMode, ResponseType};

const MOST_STATE: usize = 2048;
const MOST_NONCE: usize = 512;
const MOST_HINT: usize = 512;
const MOST_TOKEN: usize = 8192;

/// Reads the parameters and collects what is wrong with them.
pub(super) struct Reader<'p> {
    params: &'p Params,
    problems: Vec<AuthorizeProblem>,
}

impl<'p> Reader<'p> {
    /// Reads everything, problem or not.
    pub(super) fn read(params: &'p Params) -> AuthorizeDraft {
        let mut reader = Self { params, problems: Vec::new() };
        let client_id = reader.client_id();
        let redirect_uri = reader.redirect_uri();
        let request = reader.unsupported("request", Refusal::RequestObjectUnsupported);
        let request_uri = reader.unsupported("request_uri", Refusal::RequestUriUnsupported);
        reader.unsupported("registration", Refusal::RegistrationUnsupported);
        let response_type = reader.response_type();
        let mut draft = AuthorizeDraft {
            client_id,
            redirect_uri,
            response_type,
            response_mode: reader.response_mode(response_type),
            state: reader.text("state", MOST_STATE, Refusal::StateMalformed),
            ui_locales: reader.text("ui_locales", MOST_HINT, Refusal::HintMalformed),
            request,
            request_uri,
            problems: Vec::new(),
            request_when_fine: None,
        };
        draft.request_when_fine = reader.request(&draft);
        draft.problems = reader.problems;
        draft
    }

    fn client_id(&mut self) -> Option<String> {
        match self.params.get("client_id") {
            None => self.refuse("client_id", Refusal::ClientMissing),
            Some(text) if is_client_id(text) => Some(text.to_owned()),
            Some(_) => self.refuse("client_id", Refusal::ClientIdMalformed),
        }
    }

    /// OIDC Core §3.1.2.1: required, even when only one is registered.
    fn redirect_uri(&mut self) -> Option<RedirectUri> {
        if !self.params.has("redirect_uri") {
            return self.refuse("redirect_uri", Refusal::RedirectMissing);
        }
        self.typed("redirect_uri", Refusal::RedirectMalformed)
    }

    fn response_type(&mut self) -> Option<ResponseType> {
        if !self.params.has("response_type") {
            return self.refuse("response_type", Refusal::ResponseTypeMissing);
        }
        self.typed("response_type", Refusal::ResponseTypeUnsupported)
    }

    fn response_mode(&mut self, response_type: Option<ResponseType>) -> Option<ResponseMode> {
        let mode = self.typed("response_mode", Refusal::ResponseModeUnknown)?;
        match response_type {
            Some(kind) if !kind.allows(mode) => self.refuse("response_mode", Refusal::ResponseModeUnfit),
            _ => Some(mode),
        }
    }

    /// The whole request. What can be missing comes last: every other parameter is read first, so that every
    /// problem is named.
    fn request(&mut self, draft: &AuthorizeDraft) -> Option<AuthorizeRequest> {
        Some(AuthorizeRequest {
            scope: self.typed("scope", Refusal::ScopeMalformed).unwrap_or_default(),
            nonce: self.text("nonce", MOST_NONCE, Refusal::NonceMalformed),
            code_challenge: self.code_challenge(),
            prompt: self.prompt().unwrap_or_default(),
            max_age: self.max_age(),
            acr_values: self.typed("acr_values", Refusal::AcrValuesMalformed).unwrap_or_default(),
            login_hint: self.text("login_hint", MOST_HINT, Refusal::HintMalformed).map(LoginHint),
            id_token_hint: self.text("id_token_hint", MOST_TOKEN, Refusal::IdTokenHintInvalid),
            // A wish about looks: one we do not know is no reason to turn a person away.
            display: self.params.get("display").and_then(|text| text.parse().ok()),
            claims: self.claims().unwrap_or_default(),
            resource: self.resource(),
            dpop_jkt: self.dpop_jkt(),
            details: self.typed("authorization_details", Refusal::DetailsMalformed).unwrap_or_default(),
            response_mode: draft.response_mode,
            state: draft.state.clone(),
            ui_locales: draft.ui_locales.clone(),
            client_id: draft.client_id.clone()?,
            redirect_uri: draft.redirect_uri.clone()?,
            response_type: draft.response_type?,
        })
    }

    /// RFC 7636 §4.3: an absent method means `plain`, which we refuse.
    fn code_challenge(&mut self) -> Option<CodeChallenge> {
        let method = self.params.get("code_challenge_method").map(str::parse::<ChallengeMethod>);
        match (self.params.has("code_challenge"), method) {
            (false, None) => None,
            (false, Some(_)) => self.refuse("code_challenge", Refusal::PkceMissing),
            (true, Some(Ok(ChallengeMethod::S256))) => {
                self.typed("code_challenge", Refusal::PkceChallengeMalformed)
            }
            (true, None | Some(Err(_))) => self.refuse("code_challenge_method", Refusal::PkceMethodRefused),
        }
    }

    fn prompt(&mut self) -> Option<Prompts> {
        match self.params.get("prompt")?.parse() {
            Ok(prompts) => Some(prompts),
            Err(NotPrompts::Unknown) => self.refuse("prompt", Refusal::PromptUnknown),
            Err(NotPrompts::NoneNotAlone) => self.refuse("prompt", Refusal::PromptNoneNotAlone),
        }
    }

    fn max_age(&mut self) -> Option<u64> {
        let text = self.params.get("max_age")?;
        if text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            return self.typed("max_age", Refusal::MaxAgeMalformed);
        }
        self.refuse("max_age", Refusal::MaxAgeMalformed)
    }

    fn claims(&mut self) -> Option<ClaimsRequest> {
        match self.params.get("claims")?.parse() {
            Ok(claims) => Some(claims),
            Err(NotAClaimsRequest::TooLarge) => self.refuse("claims", Refusal::ClaimsTooLarge),
            Err(NotAClaimsRequest::Malformed) => self.refuse("claims", Refusal::ClaimsMalformed),
            Err(NotAClaimsRequest::Verified) => self.refuse("claims", Refusal::VerifiedClaimsMalformed),
        }
    }

    fn resource(&mut self) -> Vec<String> {
        match resource::read(self.params) {
            Ok(resources) => resources,
            Err(refusal) => self.refuse("resource", refusal).unwrap_or_default(),
        }
    }

    fn dpop_jkt(&mut self) -> Option<String> {
        let text = self.params.get("dpop_jkt")?;
        let is_thumbprint =
            text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        if is_thumbprint { Some(text.to_owned()) } else { self.refuse("dpop_jkt", Refusal::DpopKeyMalformed) }
    }

    fn text(&mut self, name: &'static str, most: usize, refusal: Refusal) -> Option<String> {
        let text = self.params.get(name)?;
        if text.len() > most || text.chars().any(char::is_control) {
            return self.refuse(name, refusal);
        }
        Some(text.to_owned())
    }

    fn typed<T: FromStr>(&mut self, name: &'static str, refusal: Refusal) -> Option<T> {
        match self.params.get(name)?.parse() {
            Ok(value) => Some(value),
            Err(_) => self.refuse(name, refusal),
        }
    }

    /// The value of a parameter that we can only refuse.
    fn unsupported(&mut self, name: &'static str, refusal: Refusal) -> Option<String> {
        let value = self.params.get(name)?;
        self.problems.push(AuthorizeProblem { parameter: name, refusal });
        Some(value.to_owned())
    }

    fn refuse<T>(&mut self, parameter: &'static str, refusal: Refusal) -> Option<T> {
        self.problems.push(AuthorizeProblem { parameter, refusal });
        None
    }
}
