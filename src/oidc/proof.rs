//! What a request shows beside its parameters: a DPoP proof, a client certificate; and the nonce for the next proof.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::Problem;
use crate::client::policy::{self, Held, NonceRule};
use crate::client::{Authenticated, Client};
use crate::crypto::certificate::digest_of;
use crate::http::machine::Machine;
use crate::protocol::Refusal;
use crate::protocol::bearer::{Presented, Scheme};
use crate::protocol::confirmation::Confirmation;
use crate::protocol::dpop::Expected;

const DPOP: &str = "dpop";
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The client, and what the tokens of this request are bound to; refused when the client gets bound tokens only and
/// shows nothing.
pub(super) async fn for_tokens(
    machine: &Machine,
    caller: Authenticated,
) -> Result<(Arc<Client>, Option<Confirmation>), Problem> {
    let (client, key) = key(machine, caller).await?;
    let confirmation = policy::confirmation(&client, Held { key, certificate: certificate(machine) })?;
    Ok((client, confirmation))
}

/// The client, and the key of the proof that its pushed request comes with, if any (RFC 9449 §10.1).
pub(super) async fn for_push(
    machine: &Machine,
    caller: Authenticated,
) -> Result<(Arc<Client>, Option<Confirmation>), Problem> {
    let (client, key) = key(machine, caller).await?;
    Ok((client, key.map(Confirmation::Key)))
}

/// Whether who sends an access token holds what it is bound to (RFC 9449 §7, RFC 8705 §3).
pub(super) async fn at_resource(
    machine: &Machine,
    client: &Client,
    shown: &Presented,
    confirmation: Option<&Confirmation>,
) -> Result<(), Problem> {
    match (confirmation, shown.scheme) {
        (None, Scheme::Bearer) => Ok(()),
        // RFC 9449 §7.2: a bound token sent as Bearer is a stolen one.
        (Some(Confirmation::Key(_)), Scheme::Bearer) => Err(Refusal::TokenNeedsProof.into()),
        (None | Some(Confirmation::Certificate(_)), Scheme::Dpop) => Err(Refusal::TokenNotBound.into()),
        (Some(Confirmation::Certificate(bound)), Scheme::Bearer) => {
            match certificate(machine).as_ref() == Some(bound) {
                true => Ok(()),
                false => Err(Refusal::TokenOtherCertificate.into()),
            }
        }
        (Some(Confirmation::Key(bound)), Scheme::Dpop) => {
            let proof = header(machine)?.ok_or(Refusal::ProofMissing)?;
            match prove(machine, client, &proof, Some(shown.token.expose())).await? == *bound {
                true => Ok(()),
                false => Err(Refusal::TokenOtherKey.into()),
            }
        }
    }
}

/// The nonce for the next proof, to whoever sends proofs.
pub(super) fn nonce(machine: &Machine) -> Option<String> {
    let speaks = !machine.all(DPOP).is_empty();
    speaks.then(|| machine.app.authenticator.dpop_nonce(machine.moment.now))
}

/// RFC 9449 §8.2: a new nonce goes out with good answers too.
pub(super) fn offer_nonce(machine: &Machine, headers: &mut HeaderMap) {
    if let Some(value) = nonce(machine).and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
        headers.insert(DPOP_NONCE, value);
    }
}

/// The proof first, then the assertion: who is asked for a nonce sends the same request again, and only the proof in it is
/// new (RFC 9449 §8). Nothing has been done by then, so a request whose proof is refused leaves nothing behind.
async fn key(machine: &Machine, caller: Authenticated) -> Result<(Arc<Client>, Option<String>), Problem> {
    let key = match header(machine)? {
        Some(proof) => Some(prove(machine, caller.client(), &proof, None).await?),
        None => None,
    };
    Ok((caller.take(&machine.app.ephemeral).await?, key))
}

async fn prove(
    machine: &Machine,
    client: &Client,
    proof: &str,
    access_token: Option<&str>,
) -> Result<String, Problem> {
    let addresses = machine.app.settings.machine_urls(&machine.path);
    let expected = Expected {
        now: machine.moment.now,
        method: machine.method.as_str(),
        addresses: &addresses,
        access_token,
    };
    let nonce: NonceRule = policy::nonce(client, machine.app.settings.dpop_nonce);
    Ok(machine.app.authenticator.prove(proof, &expected, nonce).await?)
}

/// RFC 9449 §4.3 (1): not more than one.
fn header(machine: &Machine) -> Result<Option<String>, Refusal> {
    let mut all = machine.all(DPOP);
    match all.len() {
        0 | 1 => Ok(all.pop()),
        _ => Err(Refusal::ProofsSeveral),
    }
}

fn certificate(machine: &Machine) -> Option<String> {
    machine.moment.certificate.as_ref().map(|shown| digest_of(shown.leaf()))
}
