//! Who is this client: what a request shows, checked in exactly the way the client registered.

use std::sync::Arc;

use super::assertion::{self, AssertionClaims, Names, SingleUse};
use super::registration::Client;
use super::registry::Clients;
use super::secret;
use super::signed::SignedProblem;
use super::trust::Trust;
use crate::base::{Fault, Moment, Secret, Timestamp};
use crate::crypto::Keys;
use crate::crypto::certificate::ClientAuthorities;
use crate::crypto::jwt::{self, TokenProblem};
use crate::protocol::Refusal;
use crate::protocol::client_auth::{ClientAuth, ClientAuthMethod};
use crate::storage::Ephemeral;

/// Authenticates clients at the direct endpoints.
pub struct Authenticator {
    pub clients: Arc<Clients>,
    pub keys: Arc<Keys>,
    pub ephemeral: Ephemeral,
    pub trust: Trust,
    /// An assertion is made for it or for one of its endpoints.
    pub issuer: String,
    /// The other base of those endpoints (RFC 8705 §5).
    pub mutual_tls: Option<String>,
    /// Who may issue certificates for `tls_client_auth`; nobody when absent.
    pub authorities: Option<ClientAuthorities>,
}

/// A client that has shown who it is; what it showed is not used up yet. The client itself is handed over by `take`.
#[derive(Debug)]
pub struct Authenticated {
    client: Arc<Client>,
    /// That of its assertion: nothing else works once only.
    once: Option<SingleUse>,
}

/// Why a client is not believed.
#[derive(Debug)]
pub enum AuthenticationProblem {
    Refused(Refusal),
    Fault(Fault),
}

impl Authenticator {
    /// The client, if it shows who it is by the one method it registered (OIDC Core §9). Every rule but that of single use.
    pub async fn authenticate(
        &self,
        moment: &Moment,
        presented: &ClientAuth,
    ) -> Result<Authenticated, AuthenticationProblem> {
        let client_id = named(presented)?;
        let Some(client) = self.clients.find(&client_id).await? else {
            return Err(self.unknown(&client_id, presented).into());
        };
        let registered = client.metadata.token_endpoint_auth_method;
        // RFC 8705 §2: the request carries client_id and nothing else; the certificate is the connection's.
        if registered.is_mutual_tls() && presented.method() == ClientAuthMethod::None {
            self.check_certificate(moment, &client).await?;
            return Ok(Authenticated::of(client));
        }
        if !presented.serves(registered) {
            return Err(Refusal::ClientMethodWrong.into());
        }
        let once = match presented {
            ClientAuth::Basic { client_secret, .. } | ClientAuth::Post { client_secret, .. } => {
                self.check_secret(moment.now, &client, client_secret)?;
                None
            }
            ClientAuth::Assertion { assertion, .. } => {
                Some(self.check_assertion(moment.now, &client, assertion).await?)
            }
            ClientAuth::Public { .. } => None,
        };
        // Only now: a stranger does not learn how it stands with a client.
        client.usable()?;
        Ok(Authenticated { client, once })
    }

    /// An unknown client and a wrong secret have one answer, at the same cost.
    fn unknown(&self, client_id: &str, presented: &ClientAuth) -> Refusal {
        match presented {
            ClientAuth::Basic { client_secret, .. } | ClientAuth::Post { client_secret, .. } => {
                let _ = secret::matches(&self.keys, client_id, client_secret, None);
                Refusal::ClientSecretWrong
            }
            ClientAuth::Assertion { .. } => Refusal::ClientAssertionSignatureWrong,
            ClientAuth::Public { .. } => Refusal::ClientUnknown,
        }
    }

    fn check_secret(&self, now: Timestamp, client: &Client, shown: &Secret) -> Result<(), Refusal> {
        let fits = |kept: Option<&str>| secret::matches(&self.keys, &client.client_id, shown, kept);
        if fits(client.secret_digest.as_deref()) {
            return if client.secret_lives(now) { Ok(()) } else { Err(Refusal::ClientSecretExpired) };
        }
        // The one before the last rotation, for a while.
        match &client.previous_secret {
            Some(previous) if fits(Some(&previous.digest)) && now < previous.until => Ok(()),
            Some(previous) if fits(Some(&previous.digest)) => Err(Refusal::ClientSecretExpired),
            _ => Err(Refusal::ClientSecretWrong),
        }
    }

    async fn check_assertion(
        &self,
        now: Timestamp,
        client: &Client,
        assertion: &Secret,
    ) -> Result<SingleUse, AuthenticationProblem> {
        let claims = match client.metadata.token_endpoint_auth_method {
            ClientAuthMethod::ClientSecretJwt => {
                self.read_shared_assertion(now, client, assertion.expose()).await?
            }
            _ => self.read_assertion(now, client, assertion.expose()).await?,
        };
        // Only now: of a token that nobody signed nothing is told.
        if !assertion::is_of_type(jwt::typ(assertion.expose()).map_err(refusal)?.as_deref()) {
            return Err(Refusal::ClientAssertionTypeForeign.into());
        }
        let rule = assertion::audience_rule(client);
        let us = Names { issuer: &self.issuer, mutual_tls: self.mutual_tls.as_deref() };
        Ok(claims.check(now, &client.client_id, (us, rule))?)
    }

    /// The claims, once the client's own secret has signed them (OIDC Core §9).
    async fn read_shared_assertion(
        &self,
        now: Timestamp,
        client: &Client,
        assertion: &str,
    ) -> Result<AssertionClaims, AuthenticationProblem> {
        let secret = self.clients.shared_secret(&self.keys, &client.client_id).await?;
        let secret = secret.ok_or(Refusal::ClientAssertionSignatureWrong)?;
        let claims = jwt::read_shared(&secret, assertion).map_err(refusal)?;
        if client.secret_lives(now) { Ok(claims) } else { Err(Refusal::ClientSecretExpired.into()) }
    }

    /// The claims, once a registered key has signed them.
    async fn read_assertion(
        &self,
        now: Timestamp,
        client: &Client,
        assertion: &str,
    ) -> Result<AssertionClaims, Refusal> {
        let algorithms = assertion::algorithms(client);
        self.trust.read(now, client, &algorithms, assertion).await.map_err(|problem| match problem {
            SignedProblem::KeysUnavailable => Refusal::ClientKeysUnavailable,
            SignedProblem::Token(problem) => refusal(problem),
        })
    }
}

impl Authenticated {
    /// With nothing to use up here: by a certificate, or by an assertion that its own grant uses up.
    pub fn of(client: Arc<Client>) -> Self {
        Self { client, once: None }
    }

    /// Whom further rules are judged by, as long as nothing is done for it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Uses up what the client showed, on every node at once; what was used before is refused.
    pub async fn take(self, ephemeral: &Ephemeral) -> Result<Arc<Client>, AuthenticationProblem> {
        let Some(once) = self.once else { return Ok(self.client) };
        match once.take(ephemeral).await? {
            true => Ok(self.client),
            false => Err(Refusal::ClientAssertionReplayed.into()),
        }
    }
}

/// The client a request names; in an assertion it is the subject (RFC 7521 §4.2).
fn named(presented: &ClientAuth) -> Result<String, Refusal> {
    let ClientAuth::Assertion { client_id, assertion } = presented else {
        return presented.client_id().map(str::to_owned).ok_or(Refusal::ClientMissing);
    };
    let subject = assertion::claimed_subject(assertion.expose());
    let subject = subject.ok_or(Refusal::ClientAssertionMalformed)?;
    match client_id {
        Some(other) if *other != subject => Err(Refusal::ClientIdMismatch),
        _ => Ok(subject),
    }
}

fn refusal(problem: TokenProblem) -> Refusal {
    match problem {
        TokenProblem::Malformed | TokenProblem::BadClaims | TokenProblem::WrongType => {
            Refusal::ClientAssertionMalformed
        }
        TokenProblem::WrongAlgorithm | TokenProblem::UnknownKey | TokenProblem::BadSignature => {
            Refusal::ClientAssertionSignatureWrong
        }
    }
}

impl From<Refusal> for AuthenticationProblem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for AuthenticationProblem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[cfg(test)]
pub(super) mod tests;
