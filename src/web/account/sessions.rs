//! The devices somebody is signed in on, and ending one or all others.

use axum::response::Response;

use super::citizen::{Citizen, Sent};
use crate::base::Fault;
use crate::base::id::SessionId;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::session::ending::{self, Ending, Reason};
use crate::session::{Session, sso};
use crate::web::answer::{Answer, page};
use crate::web::messages::Sessions;
use crate::web::pages::{SessionLine, SessionsPage, WhichDevice};

pub async fn get(citizen: Citizen) -> Answer {
    show(&citizen, None).await
}

/// `session` is the id of one session, or `others` for all but the one that looks.
pub async fn post(sent: Sent) -> Answer {
    let Sent { citizen, form } = sent;
    let m = Sessions(citizen.context.locale);
    let wanted = form.get("session").ok_or(Problem::BadRequest)?;
    if wanted == "others" {
        let ended = end(&citizen, &others(&citizen).await?).await?;
        return show(&citizen, (ended > 0).then(|| m.ended_others())).await;
    }
    let session: SessionId = wanted.parse().map_err(|_| Problem::BadRequest)?;
    if session == citizen.session.id {
        return Ok(sign_out(&citizen));
    }
    let ended = end(&citizen, &[session]).await?;
    show(&citizen, (ended > 0).then(|| m.ended())).await
}

/// Ending the session one looks from is signing out, and that has a page that says whom it reaches.
fn sign_out(citizen: &Citizen) -> Response {
    citizen.context.redirect(paths::SIGN_OUT)
}

async fn others(citizen: &Citizen) -> Result<Vec<SessionId>, Fault> {
    let living = living(citizen).await?;
    Ok(living.into_iter().map(|session| session.id).filter(|id| *id != citizen.session.id).collect())
}

/// Ends what is the citizen's own and still alive; how many that were.
async fn end(citizen: &Citizen, sessions: &[SessionId]) -> Result<usize, Fault> {
    let app = &citizen.context.app;
    let ending = Ending {
        keys: &app.keys,
        clients: &app.clients,
        person: &citizen.person.id,
        reason: Reason::EndedElsewhere,
    };
    let mut tx = app.db.begin().await?;
    let mut ended = 0;
    for session in sessions {
        ended += usize::from(ending::end(&mut tx, &citizen.context.moment, session, &ending).await?);
    }
    tx.commit().await?;
    app.wake.ring();
    Ok(ended)
}

async fn show(citizen: &Citizen, done: Option<&str>) -> Answer {
    let mut sessions = Vec::new();
    for session in living(citizen).await? {
        sessions.push(line(citizen, session).await?);
    }
    // The device in hand first: it is the one people know.
    sessions.sort_by_key(|line| line.which == WhichDevice::Other);
    let drawn = SessionsPage { chrome: citizen.chrome(), sessions, done: done.map(str::to_owned) };
    page(&citizen.context, &drawn)
}

async fn living(citizen: &Citizen) -> Result<Vec<Session>, Fault> {
    let context = &citizen.context;
    sso::list_of_person(&mut context.app.db.read(), context.moment.now, &citizen.person.id).await
}

async fn line(citizen: &Citizen, session: Session) -> Result<SessionLine, PageProblem> {
    let context = &citizen.context;
    let mut systems = Vec::new();
    for id in ending::clients_of(&mut context.app.db.read(), &session.id).await? {
        let client = context.app.clients.find(&id).await?;
        systems.push(client.map_or(id, |client| client.name(context.locale).to_owned()));
    }
    let device = if session.device.is_empty() {
        Sessions(context.locale).unknown_device().to_owned()
    } else {
        session.device.clone()
    };
    Ok(SessionLine {
        device,
        since: session.created_at.for_people(),
        last_used: session.auth_time().for_people(),
        which: if session.id == citizen.session.id { WhichDevice::This } else { WhichDevice::Other },
        systems,
        id: session.id.to_string(),
    })
}
