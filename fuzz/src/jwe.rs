//! Encrypted tokens: what we encrypt is read again, and nothing that was changed on the way is.
//! Lines: `alg enc`, the content, `place value` of a change; anything else is a whole token.

use std::sync::LazyLock;

use tongyao::base::random::Seeded;
use tongyao::crypto::jwe::{Algorithms, Compact, Content, Decrypter, PublicKey, decrypt, encrypt};
use tongyao::crypto::keystore::Kept;
use tongyao::protocol::encryption::{ContentEncryption, KeyManagement};

use super::pieces::{lines, object, reached, text};

static KEYS: LazyLock<Vec<Decrypter>> = LazyLock::new(|| {
    let make =
        |alg: &KeyManagement| Decrypter::from_pkcs8(*alg, &<Decrypter as Kept>::generate(*alg).unwrap());
    KeyManagement::ALL.iter().map(|alg| make(alg).unwrap()).collect()
});

pub const PLACES: &[&str] = &["read again", "changed", "foreign", "key for RSA", "key for agreement"];

pub fn run(data: &[u8]) {
    let [names, content, change] = lines::<3>(data);
    let Some(algorithms) = algorithms(&names) else {
        is_not_ours(&text(data));
        is_an_encryption_key(&text(data));
        return;
    };
    let key = KEYS.iter().find(|key| key.algorithm() == algorithms.alg).unwrap();
    let public = PublicKey::from_jwk(key.jwk()).unwrap();
    let random = Seeded::new(content.len() as u64);
    let token = encrypt(&random, &public, algorithms, (Content::Nested, content.as_bytes())).unwrap();
    // A token is about four thirds of what it holds, and no more.
    assert!(token.len() <= content.len() * 3 / 2 + 1200);
    is_read_again(&token, &content, algorithms);
    is_refused_when_changed(&token, &change);
}

fn algorithms(names: &str) -> Option<Algorithms> {
    let (alg, enc) = names.split_once(' ')?;
    Some(Algorithms { alg: alg.parse::<KeyManagement>().ok()?, enc: enc.parse::<ContentEncryption>().ok()? })
}

fn is_read_again(token: &str, content: &str, algorithms: Algorithms) {
    let answer = decrypt(&Seeded::new(1), KEYS.iter(), token);
    // What is larger than we read is still what the client wanted.
    if token.len() > tongyao::crypto::jwe::LARGEST {
        return assert!(answer.is_err());
    }
    reached("read again");
    let opened = answer.ok().unwrap();
    assert_eq!(opened.content.as_slice(), content.as_bytes());
    assert_eq!((opened.algorithms, opened.cty.as_deref()), (algorithms, Some("JWT")));
}

fn is_refused_when_changed(token: &str, change: &str) {
    let (place, value) = change.split_once(' ').unwrap_or((change, "A"));
    let at = place.parse::<usize>().unwrap_or(place.len()) % token.len();
    let mut changed = token.to_owned();
    changed.replace_range(at..=at, value.get(..value.len().min(64)).unwrap_or("A"));
    if changed != token {
        reached("changed");
        assert!(decrypt(&Seeded::new(1), KEYS.iter(), &changed).is_err(), "{at} {value:?} in {token}");
    }
}

fn is_not_ours(token: &str) {
    if let Ok(compact) = Compact::parse(token) {
        reached("foreign");
        assert_eq!(token.split('.').count(), 5);
        assert!(token.starts_with(compact.protected));
        assert_eq!(compact.header.epk.is_some(), !compact.header.alg.is_rsa());
        let parts = [&compact.encrypted_key, &compact.iv, &compact.ciphertext, &compact.tag];
        assert!(parts.iter().map(|part| part.len()).sum::<usize>() < token.len());
    }
    assert!(decrypt(&Seeded::new(1), KEYS.iter(), token).is_err(), "{token}");
}

/// A key that is taken from a client's set can be encrypted to, whatever else its JWK says.
fn is_an_encryption_key(text: &str) {
    let Some(jwk) = object(text).map(serde_json::Value::Object) else { return };
    let Some(key) = PublicKey::from_jwk(&jwk) else { return };
    assert!(jwk.get("use").is_none_or(|used| used == "enc"), "{jwk}");
    for alg in KeyManagement::ALL {
        if let Some(key) = PublicKey::choose(std::slice::from_ref(&key), *alg) {
            if alg.is_rsa() {
                reached("key for RSA")
            } else {
                reached("key for agreement")
            }
            let algorithms = Algorithms { alg: *alg, enc: ContentEncryption::A128Gcm };
            let sealed = encrypt(&Seeded::new(1), key, algorithms, (Content::Claims, b"{}"));
            assert!(sealed.is_ok(), "{alg} {jwk}");
        }
    }
}
