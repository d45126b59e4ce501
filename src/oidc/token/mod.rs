//! The token endpoint (RFC 6749 §3.2): a file per grant.

mod code;
mod refresh;
mod client_credentials;
mod exchange;
mod jwt_bearer;
mod issue;
mod elsewhere;
pub(super) mod push;
mod wanted;
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
use crate::grant::granted::Facts;
use crate::grant::trace::{Kind, Trace};
use crate::http::machine::Machine;
use crate::protocol::confirmation::{Confirmation, Sender};
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::token_request::TokenRequest;
use crate::protocol::{Params, Refusal};
use wanted::Wanted;

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
    /// RFC 9449 §5, RFC 8705 §4: refresh tokens of a public client are bound too; those of others are bound to the
    /// client, which shows who it is each time. What began bound stays bound.
    fn bind(&self, facts: &mut Facts) {
        facts.confirmation = self.confirmation.clone().filter(|_| self.client.is_public());
        facts.sender = Sender::of(self.confirmation.as_ref());
    }
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
