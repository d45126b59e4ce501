//! What goes wrong outside an endpoint's own code is told to programs as JSON, with the right status and a name.

use axum::body::Body;
use futures_util::{StreamExt, stream};
use http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{Method, Request, StatusCode};
use tower::ServiceExt;

use crate::support::World;
use crate::support::wire::Call;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn an_address_that_is_not_there_is_told_as_json() {
    let world = World::new().await;
    for path in ["/oidc/nothing", "/oidc/token/", "/.well-known/nothing"] {
        let answer = Call::get(path).header(ACCEPT_LANGUAGE, "en").send(&world.router).await;
        answer.refused(404, "invalid_request", 100_009);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let body = answer.json();
        assert_eq!(body["txn"].as_str(), answer.header("x-request-id"), "{path}");
        assert!(body.get("error_description_zh").is_none());
        assert!(answer.header("content-security-policy").is_some());
    }
}

#[tokio::test]
async fn a_method_that_an_endpoint_does_not_know_is_told_as_json() {
    let world = World::new().await;
    for (method, path, allowed) in [
        (Method::GET, "/oidc/token", "POST"),
        (Method::DELETE, "/oidc/userinfo", "GET"),
        (Method::PUT, "/oidc/introspect", "POST"),
        (Method::POST, "/oidc/jwks", "GET"),
    ] {
        let answer = Call::with_method(method, path).send(&world.router).await;
        answer.refused(405, "invalid_request", 100_010);
        assert!(answer.header("allow").unwrap().contains(allowed), "{path}");
    }
    // Where people are sent it stays a page.
    let page = Call::with_method(Method::DELETE, "/oidc/authorize").send(&world.router).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(page.body.contains("data-page=\"error\""), "{}", page.body);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_as_json() {
    let world = World::new().await;
    let huge = "a".repeat(200_000);
    let announced = Call::post_body("/oidc/token", huge.clone())
        .header(CONTENT_TYPE, FORM)
        .header(CONTENT_LENGTH, &huge.len().to_string());
    announced.send(&world.router).await.refused(413, "invalid_request", 100_004);
    // Not announced: more than the service reads, and more than an endpoint takes.
    for length in [200_000, 100_000] {
        let call = Call::post_body("/oidc/token", "a".repeat(length)).header(CONTENT_TYPE, FORM);
        call.send(&world.router).await.refused(413, "invalid_request", 100_004);
    }
}

#[tokio::test]
async fn a_request_that_names_two_hosts_is_refused() {
    let world = World::new().await;
    let twice = |call: Call| call.header(HOST, "localhost:8000").header(HOST, "elsewhere.example");
    let answer = twice(Call::get("/oidc/jwks")).send(&world.router).await;
    answer.refused(400, "invalid_request", 100_001);
    assert_eq!(twice(Call::get("/sign-in")).send(&world.router).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_called_too_large() {
    let world = World::new().await;
    for (path, json) in [("/oidc/token", true), ("/sign-in", false)] {
        let pieces = [Ok("grant_type="), Err(std::io::Error::other("invalid chunk size"))];
        let request = Request::post(path)
            .header(HOST, "localhost:8000")
            .header(CONTENT_TYPE, FORM)
            .header(TRANSFER_ENCODING, "chunked")
            .body(Body::from_stream(stream::iter(pieces)))
            .unwrap();
        let answer = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text.contains("\"error_code\":\"100011\""), json, "{text}");
    }
}

#[tokio::test]
async fn a_body_is_read_before_an_early_refusal() {
    let world = World::new().await;
    for (path, status) in [("/oidc/nothing", 404), ("/oidc/jwks", 405), ("/oidc/token", 415)] {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let mut sender = Some(sender);
        let pieces = stream::once(async { "a=b" }).map(move |piece| {
            let _ = sender.take().map(|sender| sender.send(()));
            Ok::<_, std::io::Error>(piece)
        });
        let request =
            Request::post(path).header(HOST, "localhost:8000").body(Body::from_stream(pieces)).unwrap();
        let answer = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(receiver.await.is_ok(), "{path}: the body was not read");
    }
}
