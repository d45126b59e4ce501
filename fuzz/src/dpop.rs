//! DPoP proofs (RFC 9449): whose key, for which request, when, and for which token.
//! Lines: header (`"jwk":"own"` stands for the key that signs), claims, how it is signed.

use serde_json::{Map, Value};
use tongyao::client::dpop::signed;
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::dpop::{ALGORITHMS, Expected, Proof, token_digest};
use tongyao::protocol::thumbprint::thumbprint;
use url::Url;

use super::pieces::{NOW, is_graphic, lines, now, object, public_key, reached, text, text_of, token};

const ENDPOINT: &str = "https://id.example/oidc/token";
const TOKEN: &str = "tya_of-a-person";

pub const PLACES: &[&str] = &["read", "signed", "for a request", "for a token"];

pub fn run(data: &[u8]) {
    let [header, claims, how] = lines::<3>(data);
    let header = header.replace("\"own\"", &public_key().to_string());
    let proof = if data.contains(&b'\n') { token(&header, &claims, &how) } else { text(data) };
    let Ok(read) = Proof::parse(&proof) else {
        return assert!(signed(&proof).is_err());
    };
    reached("read");
    is_well_formed(&read);
    let (header, claims) = (object(&header), object(&claims));
    if let Some(header) = &header {
        assert_eq!(text_of(header, "typ"), Some("dpop+jwt"));
        assert_eq!(text_of(header, "alg"), Some(read.algorithm.as_str()));
    }
    if signed(&proof).is_ok() {
        reached("signed");
        assert_eq!((read.algorithm, how.as_str()), (SigningAlgorithm::EdDsa, "ed"));
        let own = public_key();
        assert_eq!(Ok(&read.thumbprint), thumbprint(own.as_object().unwrap()).as_ref());
    }
    if let Some(claims) = &claims {
        is_for_this_request(&read, claims);
        is_compared_without_query(&read, text_of(claims, "htu").unwrap_or_default());
    }
}

fn is_well_formed(read: &Proof) {
    assert!(ALGORITHMS.contains(&read.algorithm));
    assert!((1..=512).contains(&read.jti.len()));
    assert!(read.thumbprint.len() == 43 && is_graphic(&read.thumbprint));
    let key = read.key.as_object().unwrap();
    assert!(["d", "p", "q", "k"].iter().all(|private| !key.contains_key(*private)), "{key:?}");
    // RFC 7638 §3: the name of a key does not hang on what else is said of it.
    let mut more = key.clone();
    more.insert("kid".to_owned(), Value::from("another"));
    assert_eq!(thumbprint(&more).as_ref(), Ok(&read.thumbprint));
}

fn is_for_this_request(read: &Proof, claims: &Map<String, Value>) {
    let addresses = [ENDPOINT.to_owned(), "https://mtls.example:8443/oidc/token".to_owned()];
    for access_token in [None, Some(TOKEN)] {
        let expected = Expected { now: now(), method: "POST", addresses: &addresses, access_token };
        if read.check(&expected).is_err() {
            continue;
        }
        reached("for a request");
        assert_eq!(text_of(claims, "htm"), Some("POST"));
        let age = NOW as f64 - claims["iat"].as_f64().unwrap();
        assert!((-30.0..=120.0).contains(&age), "{age}");
        if access_token.is_some() {
            reached("for a token");
            assert_eq!(text_of(claims, "ath"), Some(token_digest(TOKEN).as_str()));
        }
        let shown = Url::parse(text_of(claims, "htu").unwrap()).unwrap();
        let known = addresses.iter().map(|address| Url::parse(address).unwrap());
        assert!(known.into_iter().any(|known| known.origin() == shown.origin()), "{shown}");
        let path = percent_encoding::percent_decode_str(shown.path()).decode_utf8_lossy().into_owned();
        assert_eq!(path, "/oidc/token");
    }
}

/// RFC 9449 §4.3 (9): query and fragment count for nothing, on either side.
fn is_compared_without_query(read: &Proof, address: &str) {
    let judged = |known: String| {
        let addresses = [known];
        let expected = Expected { now: now(), method: "POST", addresses: &addresses, access_token: None };
        read.check(&expected)
    };
    let (plain, more) = (judged(ENDPOINT.to_owned()), judged(format!("{ENDPOINT}?a=b#c")));
    assert_eq!(plain, more);
    // An address compared with itself is itself, or none at all.
    let itself = judged(address.to_owned());
    let callable = Url::parse(address).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none()
    });
    if itself.is_ok() {
        assert!(callable, "{address}");
    }
    if callable {
        assert_ne!(itself, Err(tongyao::protocol::Refusal::ProofAddressWrong), "{address}");
    }
}
