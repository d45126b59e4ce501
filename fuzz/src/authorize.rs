//! Authorization requests as a browser brings them: a form or a query, every parameter typed, and the check table.

use std::sync::LazyLock;

use serde_json::{Value, json};
use tongyao::client::policy::{self, PkceRule};
use tongyao::client::{Client, Profile};
use tongyao::oidc::check::{self, Ask, Door};
use tongyao::protocol::authorize::{AuthorizeDraft, Told};
use tongyao::protocol::request_object::Carried;
use tongyao::protocol::response::{Carrier, ResponseType};
use tongyao::protocol::scope::OPENID;
use tongyao::protocol::{AuthorizeRequest, Params};

use super::pieces::{client, is_graphic, reached};

/// One client of each profile, each with what its profile allows at most.
static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
    let resources = json!(["https://api.example/", "https://data.example/si"]);
    let keys = json!({"keys": [super::pieces::public_key()]});
    let details = json!(["gov_data", "e_licence", "matter"]);
    let members = |more: Value| {
        let mut members = json!({
            "redirect_uris": ["https://app1.example/cb"], "scope": "openid profile phone", "allowed_resources": resources,
            "authorization_details_types": details, "grant_types": ["authorization_code", "refresh_token"],
        });
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(members).unwrap()
    };
    let every =
        json!(["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]);
    let old = json!({"response_types": every, "grant_types": ["authorization_code", "implicit"]});
    let native = json!({
        "application_type": "native", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
    });
    let strict = json!({
        "jwks": keys, "token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "PS256",
    });
    vec![
        client(Profile::Default, members(json!({}))),
        client(Profile::Default, members(native)),
        client(Profile::Legacy, members(old)),
        client(Profile::Fapi2, members(strict.clone())),
        client(Profile::Fapi2MessageSigning, members(strict)),
    ]
});

pub const PLACES: &[&str] = &["read", "kept", "passes the table"];

pub fn run(data: &[u8]) {
    let Ok(params) = Params::parse(data) else { return };
    says_what_was_sent(&params);
}

/// Whatever way the parameters came.
pub fn says_what_was_sent(params: &Params) {
    let draft = AuthorizeDraft::parse(params);
    let kind = draft.response_type.unwrap_or(ResponseType::Code);
    // Multiple Response Types §5: tokens never stand in a query, in an error neither.
    assert!(kind == ResponseType::Code || draft.answer_mode().carrier() != Carrier::Query);
    assert_eq!(draft.request.as_deref(), params.get("request"));
    assert_eq!(draft.request_uri.as_deref(), params.get("request_uri"));
    for problem in &draft.problems {
        let address = matches!(problem.parameter, "client_id" | "redirect_uri");
        assert_eq!(problem.told() == Told::Person, address);
    }
    let problems = draft.problems.len();
    assert!(problems <= 32);
    match draft.into_request() {
        Err(told) => assert!(!told.is_empty()),
        Ok(request) => {
            reached("read");
            assert_eq!(problems, 0);
            is_what_was_sent(&request, params);
            is_kept_as_it_was(&request);
            CLIENTS.iter().for_each(|client| passes_the_table(&request, client));
        }
    }
}

fn is_what_was_sent(request: &AuthorizeRequest, params: &Params) {
    assert_eq!(Some(request.client_id.as_str()), params.get("client_id"));
    assert_eq!(Some(request.redirect_uri.as_str()), params.get("redirect_uri"));
    assert_eq!(
        (request.state.as_deref(), request.nonce.as_deref()),
        (params.get("state"), params.get("nonce"))
    );
    assert_eq!(
        request.code_challenge.as_ref().map(ToString::to_string).as_deref(),
        params.get("code_challenge")
    );
    if request.code_challenge.is_some() {
        assert_eq!(params.get("code_challenge_method"), Some("S256"));
    }
    assert_eq!(request.max_age, params.get("max_age").map(|text| text.parse().unwrap()));
    let text = params.get("scope").unwrap_or_default();
    assert!(request.scope.iter().all(|token| text.split(' ').any(|word| word == token)));
    assert_eq!(request.scope.iter().count() == 0, text.trim_matches(' ').is_empty());
    assert!(!request.prompt.forbids_pages() || request.prompt.to_string() == "none");
    assert!(request.resource.len() <= 8 && request.resource.iter().all(|one| is_graphic(one)));
    assert_eq!(request.dpop_jkt.as_deref(), params.get("dpop_jkt"));
    let bounded = [&request.state, &request.nonce, &request.ui_locales, &request.id_token_hint];
    assert!(
        bounded.into_iter().flatten().all(|text| text.len() <= 8192 && !text.chars().any(char::is_control))
    );
}

/// It waits in a store while the person signs in.
fn is_kept_as_it_was(request: &AuthorizeRequest) {
    let kept = serde_json::to_string(request).unwrap();
    reached("kept");
    assert!(kept.len() <= 512 * 1024);
    let again: AuthorizeRequest = serde_json::from_str(&kept).unwrap();
    if again != *request {
        // Numbers in the values of claims may be rounded once, and then never again.
        let twice: AuthorizeRequest = serde_json::from_str(&serde_json::to_string(&again).unwrap()).unwrap();
        assert!(twice == again && kept.contains("value"), "{kept}");
    }
    let shown = format!("{request:?}");
    assert!(request.nonce.as_ref().is_none_or(|nonce| nonce.len() < 16 || !shown.contains(nonce.as_str())));
}

fn passes_the_table(request: &AuthorizeRequest, client: &Client) {
    for door in [Door::Browser, Door::Pushed] {
        for carried in [Carried::Plain, Carried::Signed] {
            if check::refusal(&Ask::of(client, request, (door, carried))).is_some() {
                continue;
            }
            reached("passes the table");
            let kind = request.response_type;
            assert!(request.scope.contains(OPENID));
            assert!(client.metadata.response_types.contains(&kind), "{kind}");
            assert!(request.nonce.is_some() || !kind.gives_id_token());
            if policy::pkce(client) == PkceRule::Required && kind.gives_code() {
                assert!(request.code_challenge.is_some());
            }
            if matches!(client.profile, Profile::Fapi2 | Profile::Fapi2MessageSigning) {
                assert_eq!((door, kind), (Door::Pushed, ResponseType::Code));
                assert!(client.profile == Profile::Fapi2 || carried == Carried::Signed);
            }
            assert!(request.resource.iter().all(|one| client.metadata.allowed_resources.contains(one)));
            let types = &client.metadata.authorization_details_types;
            assert!(request.details.iter().all(|detail| types.contains(&detail.kind)));
            let narrowed = policy::authorize_scope(client, &request.scope);
            assert!(narrowed.is_ok_and(|scope| scope.is_subset(&client.metadata.scope)));
        }
    }
}
