//! How bytes become the pieces a target works with: lines of text, JSON, compact tokens signed with keys everybody knows.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tongyao::base::{Name, Timestamp};
use tongyao::client::registration::Columns;
use tongyao::client::{Client, ClientState, ConsentPolicy, Powers, Profile};
use tongyao::protocol::ClientMetadata;

/// Whom every target speaks for.
pub const ISSUER: &str = "https://id.example";
pub const CLIENT: &str = "app1";
/// The moment every target lives in: 2027-01-15.
pub const NOW: i64 = 1_800_000_000;
pub const SECRET: &str = "a-secret-of-thirty-two-characters";

/// The key pair of RFC 8037 Appendix A.1: no secret of anybody, and its signatures are the same in every run.
static PAIR: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
});

thread_local! {
    static REACHED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes that an input came as far as a place where something is held: a target whose seeds are all refused at the door
/// would hold nothing.
pub fn reached(place: &'static str) {
    REACHED.with_borrow_mut(|places| places.insert(place));
}

/// The places that this thread has reached.
pub fn places_reached() -> BTreeSet<&'static str> {
    REACHED.with_borrow(BTreeSet::clone)
}

pub fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// The public half of the key pair.
pub fn public_key() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// The input as text; what is no UTF-8 is replaced, as a lenient front would.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// The first lines of the input; what is missing is empty, and the last has all the rest.
pub fn lines<const N: usize>(data: &[u8]) -> [String; N] {
    let text = text(data);
    let mut pieces = text.splitn(N, '\n').map(str::to_owned);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// A JSON object as everybody else reads it: members twice and all.
pub fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str::<Value>(text).ok()?.as_object().cloned()
}

pub fn text_of<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    members.get(name).and_then(Value::as_str)
}

pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A compact JWS of any header and any claims. `how` is the way it is signed: `ed` with the key pair, `hs` with the
/// shared secret, `key` with the text of the public key as if it were a secret; anything else stands there as it is.
pub fn token(header: &str, claims: &str, how: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let tag =
        |secret: &[u8]| encoded(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()));
    let signature = match how {
        "ed" => encoded(PAIR.sign(message.as_bytes())),
        "hs" => tag(SECRET.as_bytes()),
        "key" => tag(public_key().to_string().as_bytes()),
        other => other.to_owned(),
    };
    format!("{message}.{signature}")
}

/// A client of these members, as the store would read it; they have passed every check.
pub fn client(profile: Profile, metadata: ClientMetadata) -> Client {
    Client::from_columns(Columns {
        client_id: CLIENT.to_owned(),
        department_id: "hrss".to_owned(),
        department_name: Name::new("市人社局", None),
        metadata,
        profile,
        consent: ConsentPolicy::Explicit,
        powers: Powers::default(),
        secret_digest: None,
        secret_expires_at: None,
        previous_secret: None,
        state: ClientState::Active,
        created_at: now(),
        updated_at: now(),
    })
    .expect("metadata that passed every check makes a client")
}

/// Nothing a terminal, a header or a database would choke on.
pub fn is_graphic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
