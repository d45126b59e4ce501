//! The receipt of a verification: a page for anyone, a signature for anyone, and nothing about the person.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::support::clerk::CHEN;
use crate::support::look::Look;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Clerk, Page, WANG, World};

/// A receipt of WANG's verification, and its address.
async fn given() -> (World, Page, String) {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("citizen").await;
    let address = decided.links().into_iter().find(|link| link.starts_with("/receipts/")).unwrap();
    (world, decided, address)
}

#[tokio::test]
async fn anyone_can_look_and_learns_nothing_of_the_person() {
    let (world, decided, address) = given().await;
    let mut stranger = world.browser();
    let page = stranger.get(&address).await;
    assert_eq!((page.name().as_str(), page.status()), ("receipt", 200));
    let text = page.text();
    for said in ["这张回执有效", "3 级", "城北政务大厅", "2026-11-22", &address["/receipts/".len()..]]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    for secret in ["张桂芳", "*桂芳", WANG.number, CHEN.login, "陈小满", WANG.name] {
        assert!(!page.answer.body.contains(secret), "the receipt shows {secret}");
    }
    let english = world.browser().speaking("en").get(&address).await.text();
    assert!(english.contains("This receipt is valid") && english.contains("Level 3"), "{english}");
    // The printed slip names the same receipt.
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let slip = decided.links().into_iter().find(|link| link.ends_with("/slip")).unwrap();
    let slip = clerk.browser.get(&slip).await;
    assert!(slip.text().contains(&address["/receipts/".len()..]), "{}", slip.text());
}

#[tokio::test]
async fn an_unknown_receipt_is_said_to_be_unknown() {
    let (world, _, address) = given().await;
    let mut other = address.clone();
    other.pop();
    for bad in ["/receipts/rec_0", "/receipts/garbage", "/receipts/vis_1", "/receipts/%E4%B8%AD", &other] {
        let page = world.browser().get(bad).await;
        assert_eq!((page.name().as_str(), page.status()), ("receipt", 404), "{bad}");
        assert!(page.text().contains("没有这张回执"), "{bad}: {}", page.text());
    }
}

#[tokio::test]
async fn the_signature_verifies_with_the_published_keys() {
    let (world, _, address) = given().await;
    let jws = Look::at(&world).await.texts("SELECT jws FROM receipt").await.remove(0);
    let keys: JwkSet =
        serde_json::from_value(Call::get("/oidc/jwks").send(&world.router).await.good()).unwrap();
    let header = decode_header(&jws).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("tongyao-receipt+jwt")));
    let key = keys.find(header.kid.as_deref().unwrap()).expect("the key is published");
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[ISSUER]);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss"]);
    let claims = decode::<Value>(&jws, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims;
    assert_eq!(claims["jti"].as_str(), address.strip_prefix("/receipts/"));
    assert_eq!((claims["level"].as_u64(), &claims["hall"]), (Some(3), &Value::from("hall-north")));
    assert_eq!(claims["verified_at"], world.now().seconds());
    assert!(claims.get("sub").is_none() && claims.get("name").is_none(), "{claims}");
}

#[tokio::test]
async fn what_was_changed_behind_our_back_is_not_confirmed() {
    let changes = [
        "UPDATE evidence SET methods = 'pvp' WHERE visit_id IS NOT NULL",
        "UPDATE evidence SET at = at - 1 WHERE visit_id IS NOT NULL",
        "UPDATE evidence SET source = 'hall-south' WHERE visit_id IS NOT NULL",
        "UPDATE evidence SET visit_id = NULL WHERE visit_id IS NOT NULL",
        "UPDATE receipt SET jws = substr(jws, 1, length(jws) - 6) || 'AAAAAA'",
    ];
    for change in changes {
        let (world, _, address) = given().await;
        assert_eq!(Look::at(&world).await.change(change).await, 1, "{change}");
        let page = world.browser().get(&address).await;
        assert_eq!((page.name().as_str(), page.status()), ("receipt", 200), "{change}");
        assert!(page.text().contains("这张回执无法验证"), "{change}: {}", page.text());
    }
}

#[tokio::test]
async fn a_verification_taken_back_takes_its_receipt_back() {
    let (world, _, address) = given().await;
    let revoked = "UPDATE evidence SET revoked_at = at WHERE visit_id IS NOT NULL";
    assert_eq!(Look::at(&world).await.change(revoked).await, 1);
    let page = world.browser().get(&address).await;
    assert!(page.text().contains("这张回执已被撤销"), "{}", page.text());
}
