//! What a page at the window asks again by itself: where its visit is.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;

use super::{binding, staff};
use crate::base::id::VisitId;
use crate::hall::clerk_session::{Presence, Touch};
use crate::hall::visit;
use crate::http::address::Path;
use crate::http::context::Context;
use crate::http::shown::Problem;
use crate::web::answer::Answer;

/// The page that hears this loads itself again and is sent to the sign-in.
const SIGNED_OUT: &str = "signed_out";

pub async fn get(context: Context, Path(id): Path) -> Answer {
    let state = match staff::presence(&context, Touch::Poll).await? {
        Presence::Here(session) => {
            let id: VisitId = id.parse().map_err(|_| Problem::NotFound)?;
            let found = visit::find(&mut context.app.db.read(), &id).await?.ok_or(Problem::NotFound)?;
            if found.clerk.as_ref() != Some(&session.clerk.id) {
                return Err(Problem::Forbidden.into());
            }
            let live = binding::live(&context, &id).await?;
            binding::word(&found, live.as_ref(), &context)
        }
        Presence::Idle(_) | Presence::Over(_) | Presence::Absent => SIGNED_OUT,
    };
    Ok(context.finish(Json(json!({ "state": state })).into_response()))
}
