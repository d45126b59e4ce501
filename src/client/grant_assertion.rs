//! Assertions as grants (RFC 7523 §2.1): the client's own, or those of an issuer declared to sign for it.

use jsonwebtoken::jwk::JwkSet;

use super::assertion::{AssertionClaims, Audience, SingleUse, algorithms};
use super::authenticate::{AuthenticationProblem, Authenticator};
use super::powers::TrustedIssuer;
use super::registration::Client;
use super::signed::{SignedProblem, SigningKeys};
use super::trust::KeysAt;
use crate::base::Timestamp;
use crate::crypto::jwt::{TokenProblem, typ};
use crate::protocol::{Refusal, Scope, SigningAlgorithm};
use crate::storage::Ephemeral;

/// Whom an assertion speaks for, once it is believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Believed {
    /// More than this must not be asked for; absent: what the client is registered for.
    pub scope: Option<Scope>,
    pub issuer: String,
    once: SingleUse,
}

/// Who signed, and with what it may sign.
struct Signatory<'a> {
    issuer: &'a str,
    subject: &'a str,
    scope: Option<&'a Scope>,
    algorithms: Vec<SigningAlgorithm>,
    keys: Option<JwkSet>,
    uri: Option<KeysAt<'a>>,
}

/// A grant is used the moment it is made.
const LONGEST_SECONDS: f64 = 300.0;

impl Authenticator {
    /// Whether an assertion speaks for `client`; `token_endpoint` is ours. Every rule but that of single use.
    pub async fn believe(
        &self,
        now: Timestamp,
        (client, token_endpoint): (&Client, &str),
        assertion: &str,
    ) -> Result<Believed, AuthenticationProblem> {
        // RFC 8725 §3.11: a token of another kind is no assertion.
        let kind = typ(assertion).map_err(|_| Refusal::GrantAssertionMalformed)?;
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
            return Err(Refusal::GrantAssertionMalformed.into());
        }
        for signatory in signatories(client) {
            let keys = SigningKeys { by_value: signatory.keys.as_ref(), uri: signatory.uri };
            let read = self.trust.read_with(now, keys, &signatory.algorithms, assertion).await;
            let claims: AssertionClaims = match read {
                Ok(claims) => claims,
                Err(SignedProblem::Token(TokenProblem::Malformed | TokenProblem::BadClaims)) => {
                    return Err(Refusal::GrantAssertionMalformed.into());
                }
                Err(_) => continue,
            };
            // One key may serve two issuers; what was signed says for whom.
            if claims.iss() == Some(signatory.issuer) {
                return Ok(check(&claims, now, &signatory, (&self.issuer, token_endpoint))?);
            }
        }
        Err(Refusal::GrantAssertionUntrusted.into())
    }
}

impl Believed {
    /// RFC 7523 §3 (7): takes the assertion; a second time it is refused.
    pub async fn take(&self, ephemeral: &Ephemeral) -> Result<(), AuthenticationProblem> {
        if self.once.take(ephemeral).await? { Ok(()) } else { Err(Refusal::GrantAssertionReplayed.into()) }
    }
}

/// The client itself, and whoever was declared to sign for it.
fn signatories(client: &Client) -> Vec<Signatory<'_>> {
    let own = Signatory {
        issuer: &client.client_id,
        subject: &client.client_id,
        scope: None,
        algorithms: algorithms(client),
        keys: client.keys.clone(),
        uri: client.keys_at(),
    };
    std::iter::once(own).chain(client.powers.trusted_issuers.iter().map(declared)).collect()
}

fn declared(trusted: &TrustedIssuer) -> Signatory<'_> {
    Signatory {
        issuer: &trusted.issuer,
        subject: &trusted.subject,
        scope: trusted.scope.as_ref(),
        algorithms: trusted.signing_alg.map_or_else(|| SigningAlgorithm::ALL.to_vec(), |one| vec![one]),
        keys: trusted.keys(),
        uri: trusted.jwks_uri.as_deref().map(KeysAt::from),
    }
}

fn check(
    claims: &AssertionClaims,
    now: Timestamp,
    signatory: &Signatory<'_>,
    ours: (&str, &str),
) -> Result<Believed, Refusal> {
    let said = claims.said().ok_or(Refusal::GrantAssertionMalformed)?;
    if said.sub != signatory.subject {
        return Err(Refusal::GrantAssertionUntrusted);
    }
    if !said.aud.is_one_of(ours) {
        return Err(Refusal::GrantAssertionAudienceWrong);
    }
    let once = said.single_use(now, LONGEST_SECONDS).ok_or(Refusal::GrantAssertionExpired)?;
    Ok(Believed { scope: signatory.scope.cloned(), issuer: said.iss.to_owned(), once })
}

impl Audience {
    /// RFC 7523 §3 (3): the issuer or the token endpoint, whole and alone: one that names others too could be shown to
    /// them first.
    fn is_one_of(&self, (issuer, token_endpoint): (&str, &str)) -> bool {
        let ours = |one: &String| one == issuer || one == token_endpoint;
        match self {
            Audience::One(one) => ours(one),
            Audience::Several(several) => !several.is_empty() && several.iter().all(ours),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::registration::tests::client;

    const OURS: (&str, &str) = ("https://id.example", "https://id.example/oidc/token");

    fn checked(changes: &[(&str, Value)]) -> Result<Duration, Refusal> {
        let mut claims = json!({
            "iss": "app1", "sub": "app1", "aud": OURS.0, "exp": 1060, "iat": 1000, "jti": "one"
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        let claims: AssertionClaims = serde_json::from_value(claims).unwrap();
        let client = client(json!({}));
        let own = &signatories(&client)[0];
        check(&claims, Timestamp::from_seconds(1000), own, OURS).map(|believed| believed.once.lifetime)
    }

    #[test]
    fn a_client_has_its_own_keys_fetched_for_itself() {
        let client = client(json!({"jwks_uri": "https://app.example/jwks"}));
        let own = signatories(&client)[0].uri.unwrap();
        assert_eq!((own.uri, own.owner), ("https://app.example/jwks", client.client_id.as_str()));
    }

    #[test]
    fn each_rule_has_its_refusal() {
        use Refusal::*;
        let seconds = |seconds| Ok(Duration::from_secs(seconds));
        let cases = [
            (vec![], seconds(90)),
            (vec![("aud", json!([OURS.1]))], seconds(90)),
            (vec![("exp", json!(1300))], seconds(330)),
            (vec![("exp", json!(1331))], Err(GrantAssertionExpired)),
            (vec![("exp", json!(970))], Err(GrantAssertionExpired)),
            (vec![("nbf", json!(1031))], Err(GrantAssertionExpired)),
            (vec![("sub", json!("app2"))], Err(GrantAssertionUntrusted)),
            (vec![("aud", json!("https://id.example/"))], Err(GrantAssertionAudienceWrong)),
            (vec![("aud", json!([OURS.0, "https://other.example"]))], Err(GrantAssertionAudienceWrong)),
            (vec![("aud", json!([]))], Err(GrantAssertionAudienceWrong)),
            (vec![("aud", json!(null))], Err(GrantAssertionMalformed)),
            (vec![("exp", json!(null))], Err(GrantAssertionMalformed)),
            (vec![("jti", json!(""))], Err(GrantAssertionMalformed)),
        ];
        for (changes, expected) in cases {
            assert_eq!(checked(&changes), expected, "{changes:?}");
        }
    }
}
