//! JWE against the public vectors, and against itself.

use proptest::prelude::*;
use serde_json::Value;

use super::decrypter::generate;
use super::*;
use crate::base::random::{Seeded, System};

/// C2SP/wycheproof, Apache-2.0 (tests/data/wycheproof/README.md).
const VECTORS: &str = include_str!("../../../tests/data/wycheproof/json_web_encryption_test.json");

fn decrypter(algorithm: KeyManagement) -> Decrypter {
    Decrypter::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap()
}

fn public(key: &Decrypter) -> PublicKey {
    PublicKey::from_jwk(key.jwk()).unwrap()
}

#[test]
fn everything_encrypted_is_decrypted_again() {
    for alg in KeyManagement::ALL {
        let key = decrypter(*alg);
        let public = public(&key);
        assert!(PublicKey::choose(std::slice::from_ref(&public), *alg).is_some());
        for enc in ContentEncryption::ALL {
            let algorithms = Algorithms { alg: *alg, enc: *enc };
            let random = System::default();
            let token = encrypt(&random, &public, algorithms, (Content::Nested, b"a.b.c")).unwrap();
            let opened = decrypt(&random, [&key], &token).unwrap();
            assert_eq!(opened.content.as_slice(), b"a.b.c", "{alg} {enc}");
            assert_eq!((opened.algorithms, opened.cty.as_deref()), (algorithms, Some("JWT")));
            let again = encrypt(&random, &public, algorithms, (Content::Claims, b"{}")).unwrap();
            assert_eq!(decrypt(&random, [&key], &again).unwrap().cty, None);
        }
    }
}

#[test]
fn every_failure_looks_the_same() {
    let keys: Vec<_> = KeyManagement::ALL.iter().map(|alg| decrypter(*alg)).collect();
    let random = System::default();
    for key in &keys {
        for enc in ContentEncryption::ALL {
            let algorithms = Algorithms { alg: key.algorithm(), enc: *enc };
            let token = encrypt(&random, &public(key), algorithms, (Content::Claims, b"content")).unwrap();
            let parts: Vec<&str> = token.split('.').collect();
            for part in 1..5 {
                let mut bytes = URL_SAFE_NO_PAD.decode(parts[part]).unwrap();
                let Some(first) = bytes.first_mut() else { continue };
                *first ^= 0x55;
                let changed = URL_SAFE_NO_PAD.encode(&bytes);
                let mut changed_parts = parts.clone();
                for replacement in [changed.as_str(), "", "AAAA"] {
                    changed_parts[part] = replacement;
                    let answer = decrypt(&random, &keys, &changed_parts.join(".")).err();
                    assert_eq!(
                        answer,
                        Some(JweProblem::Undecryptable),
                        "{} {enc} part {part}",
                        key.algorithm()
                    );
                }
            }
        }
    }
    let token = |key: &Decrypter| {
        let algorithms = Algorithms { alg: key.algorithm(), enc: ContentEncryption::A128Gcm };
        encrypt(&random, &public(key), algorithms, (Content::Claims, b"content")).unwrap()
    };
    // Another key of the same algorithm, named by its own kid, by ours, or by none.
    let stranger = decrypter(KeyManagement::RsaOaep256);
    for token in
        [token(&stranger), renamed(&token(&stranger), Some(keys[0].kid())), renamed(&token(&stranger), None)]
    {
        assert_eq!(decrypt(&random, &keys, &token).err(), Some(JweProblem::Undecryptable));
    }
    // A key never serves another algorithm than its own.
    let other = header_with(&token(&keys[0]), "alg", Some("RSA-OAEP"));
    assert_eq!(decrypt(&random, &keys, &other).err(), Some(JweProblem::Undecryptable));
}

fn renamed(token: &str, kid: Option<&str>) -> String {
    header_with(token, "kid", kid)
}

/// The token with another header; the data it authenticates no longer fits, so that this never opens either.
fn header_with(token: &str, member: &str, value: Option<&str>) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header[member] = json!(value);
    header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[test]
fn keys_without_a_name_are_found_by_trying() {
    let keys = [decrypter(KeyManagement::EcdhEs), decrypter(KeyManagement::EcdhEs)];
    let mut jwk = keys[1].jwk().clone();
    jwk.as_object_mut().unwrap().remove("kid");
    let nameless = PublicKey::from_jwk(&jwk).unwrap();
    let algorithms = Algorithms { alg: KeyManagement::EcdhEs, enc: ContentEncryption::A128Gcm };
    let random = System::default();
    let token = encrypt(&random, &nameless, algorithms, (Content::Claims, b"x")).unwrap();
    assert_eq!(decrypt(&random, &keys, &token).unwrap().content.as_slice(), b"x");
}

/// The public vectors. Where we do not speak an algorithm, even a valid token must be refused, never misread.
#[test]
fn agrees_with_wycheproof() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let (mut opened, mut refused, mut foreign) = (0, 0, 0);
    for group in vectors["testGroups"].as_array().unwrap() {
        let private = &group["private"];
        let key = private["alg"].as_str().and_then(|alg| alg.parse().ok());
        let keys: Vec<Decrypter> =
            key.into_iter().map(|alg| Decrypter::from_private_jwk(alg, private)).collect();
        for test in group["tests"].as_array().unwrap() {
            let (id, token) = (&test["tcId"], test["jwe"].as_str().unwrap());
            let spoken = Compact::parse(token).is_ok() && !keys.is_empty();
            match (decrypt(&System::default(), &keys, token), test["result"].as_str().unwrap()) {
                (Ok(found), "valid" | "acceptable") => {
                    let hex: String = found.content.iter().map(|byte| format!("{byte:02x}")).collect();
                    assert_eq!(hex, test["pt"].as_str().unwrap(), "{id}");
                    opened += 1;
                }
                (Ok(_), _) => panic!("{id} must be refused: {}", test["comment"]),
                (Err(_), "valid") => {
                    assert!(!spoken, "{id} must be read: {}", test["comment"]);
                    foreign += 1;
                }
                (Err(_), _) => refused += 1,
            }
        }
    }
    assert!(opened >= 25 && refused >= 40 && foreign >= 20, "{opened} {refused} {foreign}");
}

/// The vectors whose key is wrapped under a shared one, by the parts that we do have.
#[test]
fn agrees_with_wycheproof_on_wrapped_keys() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let (mut opened, mut refused) = (0, 0);
    for group in vectors["testGroups"].as_array().unwrap() {
        let private = &group["private"];
        if !matches!(private["alg"].as_str(), Some("A128KW" | "A256KW")) {
            continue;
        }
        let kek = URL_SAFE_NO_PAD.decode(private["k"].as_str().unwrap()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let Some(enc) = test["enc"].as_str().and_then(|enc| enc.parse().ok()) else { continue };
            match (unwrapped(&kek, enc, test["jwe"].as_str().unwrap()), test["result"] == "valid") {
                (Some(_), true) => opened += 1,
                (None, false) => refused += 1,
                (found, _) => panic!("{}: {}", test["tcId"], found.is_some()),
            }
        }
    }
    assert!(opened >= 4 && refused >= 20, "{opened} {refused}");
}

/// RFC 7516 Appendix A.1: RSAES-OAEP with AES-GCM.
#[test]
fn reads_the_example_with_rsa() {
    let example: Value = serde_json::from_str(include_str!("../../../tests/data/rfc7516/a1.json")).unwrap();
    let key = Decrypter::from_private_jwk(KeyManagement::RsaOaep, &example["private"]);
    let opened = decrypt(&System::default(), [&key], example["jwe"].as_str().unwrap()).unwrap();
    assert_eq!(opened.content.as_slice(), example["plaintext"].as_str().unwrap().as_bytes());
}

/// RFC 7516 Appendix A.3: AES Key Wrap with AES-CBC and HMAC.
#[test]
fn reads_the_example_with_a_wrapped_key() {
    let token = "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.\
                 AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";
    let kek = URL_SAFE_NO_PAD.decode("GawgguFyGrWKav7AX4VKUg").unwrap();
    let found = unwrapped(&kek, ContentEncryption::A128CbcHs256, token).unwrap();
    assert_eq!(found.as_slice(), b"Live long and prosper.");
}

fn unwrapped(kek: &[u8], enc: ContentEncryption, token: &str) -> Option<Zeroizing<Vec<u8>>> {
    let parts: Vec<&str> = token.split('.').collect();
    let [protected, key, iv, text, tag] = parts.as_slice() else { return None };
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(protected).ok()?).ok()?;
    if header["enc"] != enc.as_str() {
        return None;
    }
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let (key, iv, text, tag) = (decoded(key)?, decoded(iv)?, decoded(text)?, decoded(tag)?);
    let key = wrap::unwrap(kek, &key)?;
    content::open(enc, &key, Around { iv: &iv, aad: protected.as_bytes() }, (&text, &tag))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_content_comes_back(content: Vec<u8>, seed: u64, enc in 0usize..4) {
        let key = Decrypter::from_pkcs8(KeyManagement::EcdhEsA128Kw, &FIXED).unwrap();
        let algorithms = Algorithms { alg: key.algorithm(), enc: ContentEncryption::ALL[enc] };
        let token = encrypt(&Seeded::new(seed), &public(&key), algorithms, (Content::Claims, &content)).unwrap();
        if token.len() <= LARGEST {
            prop_assert_eq!(decrypt(&Seeded::new(seed), [&key], &token).unwrap().content.to_vec(), content);
        }
    }

    #[test]
    fn any_change_is_noticed(at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
        let key = Decrypter::from_pkcs8(KeyManagement::EcdhEsA128Kw, &FIXED).unwrap();
        let algorithms = Algorithms { alg: key.algorithm(), enc: ContentEncryption::A128CbcHs256 };
        let token = encrypt(&System::default(), &public(&key), algorithms, (Content::Claims, b"content")).unwrap();
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        if changed != token {
            prop_assert!(decrypt(&System::default(), [&key], &changed).is_err());
        }
    }
}

static FIXED: std::sync::LazyLock<Zeroizing<Vec<u8>>> =
    std::sync::LazyLock::new(|| generate(KeyManagement::EcdhEsA128Kw).unwrap());
