//! Software publishers that are trusted here, and the statements they sign about their software (RFC 7591 §2.3).

use serde_json::{Map, Value};

use super::invitation::{parse_profiles, print_profiles};
use crate::base::{Fault, Moment, Timestamp};
use crate::client::Profile;
use crate::client::Trust;
use crate::client::key_set::key_set;
use crate::crypto::jwt::{self, TokenProblem, read_foreign};
use crate::protocol::json::{Bounds, parse_object};
use crate::protocol::{Refusal, Scope, SigningAlgorithm};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A publisher as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Publisher {
    /// The `iss` of its statements.
    pub issuer: String,
    /// Whose clients its software becomes.
    pub department_id: String,
    /// One of these two.
    pub jwks: Option<Value>,
    pub jwks_uri: Option<String>,
    /// What its software may ask for without further approval.
    pub scope: Scope,
    /// The profiles its software may have; the first is the one of who names none.
    pub profiles: Vec<Profile>,
}

/// The claims of a statement, before or after they are believed.
pub type Claims = Map<String, Value>;

record! {
    struct Row {
        issuer: String,
        department_id: String,
        jwks: Option<String>,
        jwks_uri: Option<String>,
        scope: String,
        profiles: String,
    }
}

/// How far the clocks of a publisher and of the service may be apart, in seconds.
const LEEWAY: f64 = 60.0;
const LARGEST: usize = 16 * 1024;
/// RFC 8725 §3.11: a token of another kind never passes for a statement.
const TYPES: [&str; 2] = ["JWT", "software-statement+jwt"];

/// The claims of a statement, not believed: they only say whose keys to try, or what a statement said that was believed.
pub fn claimed(statement: &str) -> Option<Claims> {
    use base64::Engine;
    let payload = statement.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    parse_object(&String::from_utf8(bytes).ok()?, Bounds { bytes: LARGEST, depth: 12 }).ok()
}

/// Who says so in a statement.
pub fn issuer_of(statement: &str) -> Result<String, Refusal> {
    let claims = claimed(statement).ok_or(Refusal::StatementInvalid)?;
    let issuer = claims.get("iss").and_then(Value::as_str);
    issuer.map(str::to_owned).ok_or(Refusal::StatementInvalid)
}

/// The claims of a statement that its publisher has signed and that is good now.
/// `ours` is our issuer: a token that the publisher made for somebody else is no statement for us (RFC 7519 §4.1.3).
pub async fn verify(
    (trust, ours): (&Trust, &str),
    moment: &Moment,
    publisher: &Publisher,
    statement: &str,
) -> Result<Claims, Refusal> {
    read(trust, moment.now, publisher, statement).await?;
    let typ = jwt::typ(statement).map_err(|_| Refusal::StatementInvalid)?;
    if typ.is_some_and(|typ| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(&typ))) {
        return Err(Refusal::StatementInvalid);
    }
    // The same bytes, read again with the guard against members that come twice.
    let claims = claimed(statement).ok_or(Refusal::StatementInvalid)?;
    let from_it = claims.get("iss").and_then(Value::as_str) == Some(publisher.issuer.as_str());
    if from_it && is_for(&claims, ours) && is_good_at(&claims, moment.now) {
        Ok(claims)
    } else {
        Err(Refusal::StatementInvalid)
    }
}

pub async fn find(run: &mut impl Run, issuer: &str) -> Result<Option<Publisher>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT issuer, department_id, jwks, jwks_uri, scope, profiles FROM software_publisher WHERE issuer = $1",
            issuer,
        ))
        .await?;
    row.map(Row::publisher).transpose()
}

/// Writes a publisher, over the one of the same issuer.
pub async fn upsert(tx: &mut Tx, moment: &Moment, publisher: &Publisher) -> Result<(), Fault> {
    tx.execute(sql!(
        "INSERT INTO software_publisher (issuer, department_id, jwks, jwks_uri, scope, profiles, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (issuer) DO UPDATE SET department_id = excluded.department_id, jwks = excluded.jwks,
             jwks_uri = excluded.jwks_uri, scope = excluded.scope, profiles = excluded.profiles,
             updated_at = excluded.updated_at",
        publisher.issuer.as_str(),
        publisher.department_id.as_str(),
        publisher.jwks.as_ref().map(Value::to_string),
        publisher.jwks_uri.as_deref(),
        publisher.scope.to_string(),
        print_profiles(&publisher.profiles),
        moment.now,
    ))
    .await
    .map(|_| ())
}

async fn read(trust: &Trust, now: Timestamp, publisher: &Publisher, statement: &str) -> Result<(), Refusal> {
    let algorithms = SigningAlgorithm::ALL;
    let refused = |_: TokenProblem| Refusal::StatementInvalid;
    let Some(uri) = &publisher.jwks_uri else {
        let keys = publisher.jwks.as_ref().and_then(|keys| key_set(keys).ok());
        let keys = keys.ok_or(Refusal::StatementInvalid)?;
        return read_foreign::<Claims>(&keys, algorithms, statement).map(|_| ()).map_err(refused);
    };
    let keys = trust.keys(now, uri).await.map_err(|_| Refusal::StatementInvalid)?;
    match read_foreign::<Claims>(&keys, algorithms, statement) {
        Err(TokenProblem::UnknownKey | TokenProblem::BadSignature) => {
            let newer = trust.newer_keys(now, uri, &keys).await.ok_or(Refusal::StatementInvalid)?;
            read_foreign::<Claims>(&newer, algorithms, statement).map(|_| ()).map_err(refused)
        }
        read => read.map(|_| ()).map_err(refused),
    }
}

fn is_for(claims: &Claims, ours: &str) -> bool {
    match claims.get("aud") {
        None => true,
        Some(Value::String(one)) => one == ours,
        Some(Value::Array(several)) => several.iter().any(|one| one == ours),
        Some(_) => false,
    }
}

/// A statement is made once for many installations: it may live long, but not beyond what it says (RFC 7519 §4.1.4).
fn is_good_at(claims: &Claims, now: Timestamp) -> bool {
    let now = now.seconds() as f64;
    let time = |name: &str| match claims.get(name) {
        None => Some(None),
        Some(value) => value.as_f64().map(Some),
    };
    let (Some(exp), Some(nbf), Some(iat)) = (time("exp"), time("nbf"), time("iat")) else { return false };
    exp.is_none_or(|exp| now < exp + LEEWAY)
        && nbf.is_none_or(|nbf| nbf - LEEWAY <= now)
        && iat.is_none_or(|iat| iat - LEEWAY <= now)
}

impl Row {
    fn publisher(self) -> Result<Publisher, Fault> {
        let broken = |what| Fault::inconsistent("software_publisher", &self.issuer, what);
        let jwks = self.jwks.as_deref().map(serde_json::from_str).transpose();
        Ok(Publisher {
            jwks: jwks.map_err(|_| broken("jwks cannot be read"))?,
            scope: self.scope.parse().map_err(|_| broken("scope cannot be read"))?,
            profiles: parse_profiles(&self.profiles).ok_or_else(|| broken("profiles cannot be read"))?,
            issuer: self.issuer,
            department_id: self.department_id,
            jwks_uri: self.jwks_uri,
        })
    }
}
