//! The token endpoint (RFC 6749 §3.2): a file per grant.

mod code;
mod refresh;
mod client_credentials;
mod exchange;
mod jwt_bearer;
mod elsewhere;
pub(super) mod push;
mod front;

pub(super) use front::Front;

use axum::Json;
use axum::extract::Request;
use axum::response::Response;

use super::error::Problem;
use super::{body, direct, proof};
use crate::app::App;
use crate::base::{Actor, Moment};
use crate::client::{Authenticated, Client, Purpose, Recipient};
use crate::grant::decoupled;
use crate::grant::issue::Issuing;
use crate::grant::trace::{Kind, Trace};
use crate::grant::wanted::{self, Wanted};
use crate::http::machine::Machine;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::token_request::TokenRequest;
use crate::protocol::{Params, Refusal};

/// A request whose client has shown who it is.
struct Asked<'a> {
    app: &'a App,
    moment: &'a Moment,
    trace: &'a Trace,
    client: &'a Client,
    /// The key the caller has shown it holds; every token issued here is bound to it.
    confirmation: Option<Confirmation>,
    /// Whose key ID tokens are encrypted to, if the client registered that.
    recipient: Option<Recipient>,
    /// For what the caller wants the token, within what was granted.
    wanted: Wanted,
}

pub async fn post(mut machine: Machine, request: Request) -> Response {
    let answered = answer(&mut machine, request).await;
    direct::told(&machine, answered.map(Json))
}

async fn answer(machine: &mut Machine, request: Request) -> Result<TokenAnswer, Problem> {
    let params = body::params(request).await?;
    let caller = identify(machine, &params).await?;
    machine.moment.actor = Actor::Client(caller.client().client_id.clone());
    let (client, confirmation) = proof::for_tokens(machine, caller).await?;
    // Before a code or a refresh token is used up: without the client's key there can be no answer.
    let recipient =
        machine.app.authenticator.trust.recipient(machine.moment.now, &client, Purpose::IdToken).await?;
    exchange(
        &Asked {
            app: &machine.app,
            moment: &machine.moment,
            trace: &machine.trace,
            client: &client,
            confirmation,
            recipient,
            wanted: Wanted::parse(&params)?,
        },
        &params,
    )
    .await
}

impl Asked<'_> {
    fn issuing(&self) -> Issuing<'_> {
        let way = (self.confirmation.as_ref(), &self.wanted);
        issuing((self.app, self.moment), (self.client, self.recipient.as_ref()), way)
    }
}

/// Tokens that no token request asked for: bound to nothing, and narrowed by nothing.
fn unasked<'a>(at: (&'a App, &'a Moment), client: (&'a Client, Option<&'a Recipient>)) -> Issuing<'a> {
    issuing(at, client, (None, &wanted::EVERYTHING))
}

fn issuing<'a>(
    (app, moment): (&'a App, &'a Moment),
    (client, recipient): (&'a Client, Option<&'a Recipient>),
    (confirmation, wanted): (Option<&'a Confirmation>, &'a Wanted),
) -> Issuing<'a> {
    let issuer = app.settings.issuer.as_str();
    Issuing { moment, keys: &app.keys, issuer, client, confirmation, recipient, wanted }
}

async fn identify(machine: &Machine, params: &Params) -> Result<Authenticated, Problem> {
    if jwt_bearer::speaks_for_itself(machine, params) {
        let client = jwt_bearer::client(machine, params).await?;
        machine.trace.of_client(&client.client_id);
        return Ok(Authenticated::of(client));
    }
    direct::authenticated(machine, params).await
}

async fn exchange(asked: &Asked<'_>, params: &Params) -> Result<TokenAnswer, Problem> {
    let request = TokenRequest::parse(params)?;
    if !asked.client.may_use(request.grant_type()) {
        return Err(Refusal::GrantTypeNotAllowed.into());
    }
    let grant = request.grant_type();
    asked.trace.note(asked.moment.now, Kind::GrantRead, Some(grant.as_str()));
    let answer = match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
            let presented = code::Presented { code, redirect_uri, verifier: code_verifier };
            code::exchange(asked, &presented).await
        }
        TokenRequest::RefreshToken { refresh_token, scope } => {
            refresh::exchange(asked, &refresh_token, scope).await
        }
        TokenRequest::ClientCredentials { scope } => client_credentials::exchange(asked, scope).await,
        TokenRequest::DeviceCode { device_code } => {
            elsewhere::exchange(asked, decoupled::Kind::Device, &device_code).await
        }
        TokenRequest::Ciba { auth_req_id } => {
            elsewhere::exchange(asked, decoupled::Kind::Ciba, &auth_req_id).await
        }
        TokenRequest::TokenExchange(wanted) => exchange::exchange(asked, &wanted).await,
        TokenRequest::JwtBearer { assertion, scope } => jwt_bearer::exchange(asked, &assertion, scope).await,
    }?;
    metrics::counter!("tongyao_tokens_issued_total", "grant" => grant.as_str()).increment(1);
    Ok(answer)
}
