//! Signed authentication requests (CIBA Core 1.0 §7.1.1; FAPI-CIBA §5.2.2): every parameter inside one JWT of the client.

use std::time::Duration;

use super::super::error::Problem;
use crate::base::{Fault, Timestamp};
use crate::client::Client;
use crate::client::policy::{self, CibaRule};
use crate::crypto::mac::digest;
use crate::http::machine::Machine;
use crate::protocol::ciba::SignedRequest;
use crate::protocol::request_object::Carried;
use crate::protocol::{Params, Refusal};

/// What must stand inside, once there is an inside.
const PARAMETERS: [&str; 12] = [
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
    "claims",
    "resource",
    "authorization_details",
];
/// How far the clocks of a department and of the service may be apart.
const LEEWAY: f64 = 10.0;
/// FAPI-CIBA §5.2.2, by FAPI 1.0 Advanced §5.2.2 (13) and (17): no older than an hour, no longer than an hour.
const LONGEST: f64 = 3600.0;

/// The parameters that count: those of the signed request where there is one.
pub(super) async fn params(
    machine: &Machine,
    client: &Client,
    outer: Params,
) -> Result<(Params, Carried), Problem> {
    let Some(token) = outer.get("request") else {
        return match policy::ciba(client) {
            CibaRule::Any => Ok((outer, Carried::Plain)),
            CibaRule::Signed => Err(Refusal::CibaRequestUnsigned.into()),
        };
    };
    if PARAMETERS.iter().any(|name| outer.has(name)) {
        return Err(Refusal::CibaRequestMixed.into());
    }
    let trust = &machine.app.authenticator.trust;
    let now = machine.moment.now;
    let algorithms = policy::ciba_algorithms(client);
    let request: SignedRequest =
        trust.read(now, client, &algorithms, token).await.map_err(|_| Refusal::CibaRequestInvalid)?;
    let left = check(&request, machine, client)?;
    once(machine, client, (&request, left)).await?;
    Ok((request.params()?, Carried::Signed))
}

/// Whether it holds now; the seconds it still lives.
fn check(request: &SignedRequest, machine: &Machine, client: &Client) -> Result<f64, Refusal> {
    let named = request.iss.as_deref() == Some(client.client_id.as_str());
    let ours = request.is_for(&machine.app.settings.issuer);
    let left = seconds_left(request, machine.moment.now);
    match left {
        Some(left) if named && ours => Ok(left),
        _ => Err(Refusal::CibaRequestInvalid),
    }
}

fn seconds_left(request: &SignedRequest, now: Timestamp) -> Option<f64> {
    let now = now.seconds() as f64;
    let (exp, iat, nbf) = (request.exp?, request.iat?, request.nbf?);
    let begun = nbf <= now + LEEWAY && iat <= now + LEEWAY;
    let young = now - nbf <= LONGEST + LEEWAY && exp - nbf <= LONGEST + LEEWAY;
    let alive = exp > now - LEEWAY;
    (begun && young && alive).then(|| (exp - now).max(0.0))
}

/// A request that was sent once is not sent again by somebody who saw it.
async fn once(
    machine: &Machine,
    client: &Client,
    (request, left): (&SignedRequest, f64),
) -> Result<(), Problem> {
    let jti = request.jti.as_deref().filter(|jti| !jti.is_empty()).ok_or(Refusal::CibaRequestInvalid)?;
    let key = format!("ciba-request:{}", digest(&format!("{}\0{jti}", client.client_id)));
    let lifetime = Duration::try_from_secs_f64(left + LEEWAY)
        .map_err(|error| Fault::broken("a lifetime out of range").because(error))?;
    match machine.app.ephemeral.put_new(&key, "", lifetime).await? {
        true => Ok(()),
        false => Err(Refusal::CibaRequestReplayed.into()),
    }
}
