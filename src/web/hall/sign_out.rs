//! A clerk signs out.

use super::staff;
use crate::base::Actor;
use crate::hall::clerk_session::{self, Presence, Touch};
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::web::answer::Answer;

/// Only a form signs out; who types the address is shown the desk.
pub async fn get(context: Context) -> Answer {
    Ok(context.redirect(paths::HALL))
}

pub async fn post(Posted { mut context, .. }: Posted) -> Answer {
    if let Presence::Here(session) = staff::presence(&context, Touch::Poll).await? {
        let moment = context.moment.by(Actor::Staff(session.clerk.id.clone()));
        clerk_session::sign_out(&context.app.db, &moment, &session).await?;
    }
    context.remove_cookie(Cookie::Staff);
    Ok(context.redirect(paths::HALL_SIGN_IN))
}
