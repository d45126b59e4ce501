//! Where every page of the way comes back to: the same request, the same question.

use axum::response::Response;
use serde::Deserialize;

use super::{authorize, trace};
use crate::base::id::RequestId;
use crate::grant::pending;
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::shown::{PageProblem, Problem};
use crate::protocol::Refusal;

#[derive(Deserialize)]
pub struct Waiting {
    request: String,
}

pub async fn get(mut context: Context, Query(waiting): Query<Waiting>) -> Result<Response, PageProblem> {
    let id: RequestId = waiting.request.parse().map_err(|_| Problem::Expired)?;
    let browser = context.browser();
    let pending = pending::find(&context.app.ephemeral, &context.moment, (&id, &browser))
        .await?
        .ok_or(Problem::Expired)?;
    context.prefer(pending.request.ui_locales.as_deref());
    let client_id = &pending.request.client_id;
    let client =
        context.app.clients.find(client_id).await?.ok_or(Problem::BadClient(Refusal::ClientUnknown))?;
    trace::resume(&context.trace, &pending, context.moment.now);
    client.usable().map_err(Problem::BadClient)?;
    authorize::advance(&context, &client, &pending, Some(&id)).await
}
