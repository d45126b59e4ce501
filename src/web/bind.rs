//! Where the QR code on the clerk's screen leads: the confirmation, on the citizen's own phone.

use http::StatusCode;

use super::account::citizen::{Citizen, Sent};
use super::answer::Answer;
use super::pages::VisitState;
use super::visit::{self, Tried};
use super::{messages, progress, sign_out};
use crate::hall::bind;
use crate::hall::binding_refusal::BindingRefusal;
use crate::http::address::Path;
use crate::http::paths;
use crate::http::shown::Problem;

/// A secret of 32 bytes as base64url.
const TOKEN_CHARACTERS: usize = 43;

pub async fn get(Path(token): Path, citizen: Citizen) -> Answer {
    let context = &citizen.context;
    let invitation = match is_token(&token) {
        true => bind::invitation_of_token(&context.app.db, &context.moment, &token).await?,
        false => None,
    };
    let locale = context.locale;
    let tried = match invitation {
        Some(invitation) if invitation.person == citizen.session.person => {
            Tried { token: Some(token), ..Tried::default() }
        }
        Some(_) => Tried {
            switch_action: Some(paths::bind(&token)),
            ..visit::problem(BindingRefusal::AnotherPerson.message(locale), StatusCode::FORBIDDEN)
        },
        // Confirmed before, from here or from the citizen's own page.
        None if progress::find(context, &citizen.session).await?.state == VisitState::Bound => {
            return Ok(context.redirect(paths::ACCOUNT_VISIT));
        }
        None => visit::problem(messages::Visit(locale).link_over(), StatusCode::GONE),
    };
    visit::show(citizen, tried).await
}

/// `number` confirms; `action=refuse` says that it is somebody else at the window, `action=switch` that the phone is signed
/// in as somebody else.
pub async fn post(Path(token): Path, sent: Sent) -> Answer {
    let Sent { citizen, form } = sent;
    match form.get("action") {
        Some("refuse") => visit::refuse(citizen).await,
        Some("switch") => switch(citizen).await,
        None => visit::confirm(citizen, Some(token), form.get("number").unwrap_or_default()).await,
        Some(_) => Err(Problem::BadRequest.into()),
    }
}

/// Signs this browser out, and comes back here by the sign-in.
async fn switch(citizen: Citizen) -> Answer {
    let Citizen { mut context, session, .. } = citizen;
    sign_out::leave_all(&mut context, &session).await?;
    Ok(context.redirect(context.uri.path()))
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_CHARACTERS
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
