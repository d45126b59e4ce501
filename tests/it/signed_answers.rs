//! Signed authorization answers (JARM): one parameter, for this client, with everything inside; errors too.

use serde_json::{Value, json};

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Browser, RelyingParty, Tokens, WANG, World, town};

async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    browser
}

#[tokio::test]
async fn the_answer_is_one_signed_parameter() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = signed_in(&world).await;
    for (mode, in_fragment) in [("jwt", false), ("query.jwt", false), ("fragment.jwt", true)] {
        let ask = office.ask("openid").with("response_mode", mode);
        let page = browser.get(&ask.address()).await;
        let response = if in_fragment { page.told_in_fragment("response") } else { page.told("response") };
        for name in ["code", "state", "iss"] {
            assert_eq!((page.told(name), page.told_in_fragment(name)), (None, None), "{mode} {name}");
        }
        let claims = office.signed_claims(&response.unwrap()).await;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!("office")));
        assert_eq!(claims["state"], ask.state);
        let left = claims["exp"].as_i64().unwrap() - world.now().seconds();
        assert!((1..=600).contains(&left));
        Tokens::of(&office.exchange(claims["code"].as_str().unwrap(), &ask).await);
    }
}

#[tokio::test]
async fn it_may_be_posted() {
    let world = World::new().await;
    let office = world.system("office");
    let ask = office.ask("openid").with("response_mode", "form_post.jwt");
    let page = signed_in(&world).await.get(&ask.address()).await;
    assert_eq!(page.name(), "form-post");
    let form = page.form(&[]);
    assert_eq!(form.action, "https://office.example/cb");
    let fields = form.fields();
    assert_eq!(fields.len(), 1);
    let (name, response) = fields[0];
    assert_eq!(name, "response");
    assert_eq!(office.signed_claims(response).await["state"], ask.state);
}

#[tokio::test]
async fn an_error_is_signed_as_well() {
    let world = World::new().await;
    let office = world.system("office");
    let claims = async |change: (&str, &str)| -> Value {
        let ask = office.ask("openid").with("response_mode", "jwt").with(change.0, change.1);
        let page = world.browser().get(&ask.address()).await;
        let claims = office.signed_claims(&page.told("response").unwrap()).await;
        assert_eq!((&claims["state"], page.told("error")), (&json!(ask.state), None));
        claims
    };
    assert_eq!(claims(("prompt", "none")).await["error"], "login_required");
    let told = claims(("prompt", "perhaps")).await;
    assert_eq!((&told["error"], &told["error_code"]), (&json!("invalid_request"), &json!("102017")));
}

#[tokio::test]
async fn it_is_signed_as_the_client_registered() {
    let client = json!({
        "client_id": "jarm", "client_secret": town::PORTAL_SECRET, "department": "data",
        "redirect_uris": ["https://jarm.example/cb"], "consent": "implicit", "authorization_signed_response_alg": "PS256",
    });
    let world = World::with_clients(&[client]).await;
    let system = RelyingParty::new(&world, "jarm", Credential::Basic(town::PORTAL_SECRET.to_owned()));
    let ask = system.ask("openid").with("response_mode", "jwt");
    let response = signed_in(&world).await.get(&ask.address()).await.told("response").unwrap();
    assert_eq!(format!("{:?}", jsonwebtoken::decode_header(&response).unwrap().alg), "PS256");
    system.signed_claims(&response).await;
    // It is no ID token: as a hint it says nothing.
    let hinted = system.ask("openid").with("id_token_hint", &response);
    world.browser().get(&hinted.address()).await.client_is_refused("invalid_request", 102_022);
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert!(
        metadata["authorization_signing_alg_values_supported"].as_array().unwrap().contains(&json!("PS256"))
    );
    for mode in ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
        assert!(metadata["response_modes_supported"].as_array().unwrap().contains(&json!(mode)), "{mode}");
    }
}
