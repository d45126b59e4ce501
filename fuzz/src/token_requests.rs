//! Forms that programs send to the direct endpoints: tokens, exchange, introspection, logout, CIBA; and those of pages.

use tongyao::http::form::Form;
use tongyao::protocol::Params;
use tongyao::protocol::ciba::{BackchannelRequest, DeliveryMode};
use tongyao::protocol::introspection::TokenQuestion;
use tongyao::protocol::logout::LogoutRequest;
use tongyao::protocol::pkce::CodeVerifier;
use tongyao::protocol::token_request::TokenRequest;
use tongyao::protocol::urlencoded;

use super::pieces::{is_graphic, reached};

pub const PLACES: &[&str] = &["question", "logout", "backchannel", "code", "one secret", "exchange"];

pub fn run(data: &[u8]) {
    let Ok(params) = Params::parse(data) else { return };
    is_the_form_that_pages_read(data, &params);
    is_a_token_request(&params);
    if let Ok(question) = TokenQuestion::parse(&params) {
        reached("question");
        is_secret(question.token.expose());
    }
    if let Ok(request) = LogoutRequest::parse(&params) {
        reached("logout");
        let address = request.post_logout_redirect_uri.as_ref();
        assert_eq!(address.map(|uri| uri.as_str()), params.get("post_logout_redirect_uri"));
        assert!(address.is_none() || request.id_token_hint.is_some() || request.client_id.is_some());
        assert!(
            request.state.is_none_or(|state| state.len() <= 2048 && !state.chars().any(char::is_control))
        );
    }
    for mode in DeliveryMode::ALL {
        if let Ok(asked) = BackchannelRequest::parse(&params, *mode) {
            reached("backchannel");
            assert_eq!(format!("{asked:?}"), "BackchannelRequest");
        }
    }
}

/// Two readers of one encoding see one thing.
fn is_the_form_that_pages_read(data: &[u8], params: &Params) {
    let form = Form::parse(data).expect("what a program may send is a form");
    let mut names = Vec::new();
    for pair in data.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        let name = urlencoded::decode(name).unwrap();
        names.push(format!("{name:?}"));
        assert_eq!(
            params.get(&name).unwrap_or_default(),
            form.all(&name).find(|value| !value.is_empty()).unwrap_or_default()
        );
        let value = params.get(&name).unwrap_or_default();
        assert!(!value.contains('\0') && !name.contains('\0'));
        let again = format!("{}={}", urlencoded::encode(&name), urlencoded::encode(value));
        assert!(is_graphic(&again));
        assert_eq!(Params::parse(&again).unwrap().get(&name).unwrap_or_default(), value);
    }
    // Names and nothing else: values may be secrets.
    assert_eq!(format!("{params:?}"), format!("{{{}}}", names.join(", ")));
}

fn is_a_token_request(params: &Params) {
    let Ok(request) = TokenRequest::parse(params) else { return };
    assert_eq!(Some(request.grant_type().as_str()), params.get("grant_type"));
    match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
            reached("code");
            is_secret(code.expose());
            assert_eq!(redirect_uri.as_deref(), params.get("redirect_uri"));
            assert!(redirect_uri.is_none_or(|uri| uri.len() <= 2048));
            let own = |text: &str| text.parse::<CodeVerifier>().unwrap().challenge();
            let shown = params.get("code_verifier").map(own);
            assert_eq!(code_verifier.as_ref().map(CodeVerifier::challenge), shown);
            let challenge = code_verifier.map(|verifier| (verifier.challenge(), verifier));
            assert!(challenge.is_none_or(|(challenge, verifier)| challenge.verify(&verifier)));
        }
        TokenRequest::RefreshToken { refresh_token: one, .. }
        | TokenRequest::DeviceCode { device_code: one }
        | TokenRequest::Ciba { auth_req_id: one }
        | TokenRequest::JwtBearer { assertion: one, .. } => {
            reached("one secret");
            is_secret(one.expose());
        }
        TokenRequest::TokenExchange(exchange) => {
            reached("exchange");
            is_secret(exchange.subject_token.expose());
            exchange.actor_token.iter().for_each(|token| is_secret(token.expose()));
            assert!(exchange.audiences.len() <= 8 && exchange.resources.len() <= 8);
            assert!(exchange.resources.iter().all(|one| is_graphic(one)));
            assert_eq!(exchange.actor_token.is_some(), params.has("actor_token_type"));
        }
        TokenRequest::ClientCredentials { scope } => {
            assert_eq!(scope.is_some(), params.has("scope"));
        }
    }
}

fn is_secret(text: &str) {
    assert!(!text.is_empty() && text.len() <= 8192 && is_graphic(text));
}
