//! The devices somebody is signed in on, and ending one or all others.

use axum::response::Response;

use super::citizen::{Citizen, Sent};
use crate::base::id::SessionId;
use crate::base::{Fault, Locale};
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::session::delivery::{self, State, Told};
use crate::session::ending::{self, Ending, Reason, Use};
use crate::session::front::Front;
use crate::session::{Session, sso};
use crate::web::answer::{Answer, page};
use crate::web::messages::Sessions;
use crate::web::pages::{SessionLine, SessionsPage, WhichDevice};

/// How many sessions ended, and the clients that only the browsers of those sessions could have told.
struct Ended {
    sessions: usize,
    unreached: Vec<String>,
}

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
        return show(&citizen, said(&citizen, &ended, m.ended_others()).await?).await;
    }
    let session: SessionId = wanted.parse().map_err(|_| Problem::BadRequest)?;
    if session == citizen.session.id {
        return Ok(sign_out(&citizen));
    }
    let ended = end(&citizen, &[session]).await?;
    show(&citizen, said(&citizen, &ended, m.ended()).await?).await
}

/// Ending the session one looks from is signing out, and that has a page that says whom it reaches.
fn sign_out(citizen: &Citizen) -> Response {
    citizen.context.redirect(paths::SIGN_OUT)
}

async fn others(citizen: &Citizen) -> Result<Vec<SessionId>, Fault> {
    let (context, person) = (&citizen.context, &citizen.person.id);
    let living = sso::all_of_person(&mut context.app.db.read(), context.moment.now, person).await?;
    Ok(living.into_iter().filter(|id| *id != citizen.session.id).collect())
}

/// Ends what is the citizen's own and still alive.
async fn end(citizen: &Citizen, sessions: &[SessionId]) -> Result<Ended, Fault> {
    let app = &citizen.context.app;
    let ending = Ending {
        keys: &app.keys,
        clients: &app.clients,
        person: &citizen.person.id,
        reason: Reason::EndedElsewhere,
    };
    let mut tx = app.db.begin().await?;
    let ended = ending::end_each(&mut tx, &citizen.context.moment, sessions, &ending).await?;
    let mut told = Vec::new();
    for session in sessions {
        told.extend(delivery::list_of_session(&mut tx, session).await?);
    }
    tx.commit().await?;
    app.wake.ring();
    let unable = |one: &&Told| one.state == State::None && one.front == Some(Front::Unable);
    let unreached = told.iter().filter(unable).map(|one| one.client_id.clone()).collect();
    Ok(Ended { sessions: ended, unreached })
}

async fn show(citizen: &Citizen, done: Option<String>) -> Answer {
    let context = &citizen.context;
    let (now, person) = (context.moment.now, &citizen.person.id);
    let mut uses = ending::uses_of_person(&mut context.app.db.read(), now, person).await?;
    let mut sessions = Vec::new();
    for session in living(citizen).await? {
        let uses = uses.remove(&session.id).unwrap_or_default();
        sessions.push(line(citizen, session, &uses).await?);
    }
    // The device in hand first: it is the one people know.
    sessions.sort_by_key(|line| line.which == WhichDevice::Other);
    page(context, &SessionsPage { chrome: citizen.chrome(), sessions, done })
}

async fn living(citizen: &Citizen) -> Result<Vec<Session>, Fault> {
    let context = &citizen.context;
    sso::list_of_person(&mut context.app.db.read(), context.moment.now, &citizen.person.id).await
}

async fn line(citizen: &Citizen, session: Session, uses: &[Use]) -> Result<SessionLine, PageProblem> {
    let systems = names(citizen, uses.iter().map(|one| one.client_id.as_str())).await?;
    let device = device(citizen, &session, uses).await?;
    let last_used = uses.iter().map(|one| one.last_at).chain([session.auth_time()]).max();
    Ok(SessionLine {
        device,
        since: session.created_at.for_people(),
        last_used: last_used.unwrap_or(session.created_at).for_people(),
        which: if session.id == citizen.session.id { WhichDevice::This } else { WhichDevice::Other },
        systems,
        id: session.id.to_string(),
    })
}

/// A device that did not say its name is kept under that of its system: this is said in the language of the page.
async fn device(citizen: &Citizen, session: &Session, uses: &[Use]) -> Result<String, Fault> {
    let context = &citizen.context;
    if session.device.is_empty() {
        return Ok(Sessions(context.locale).unknown_device().to_owned());
    }
    for one in uses {
        let client = context.app.clients.find(&one.client_id).await?;
        if let Some(client) = client.filter(|client| client.name(Locale::ZhCn) == session.device) {
            return Ok(client.name(context.locale).to_owned());
        }
    }
    Ok(session.device.clone())
}

async fn names(citizen: &Citizen, clients: impl Iterator<Item = &str>) -> Result<Vec<String>, Fault> {
    let context = &citizen.context;
    let mut names = Vec::new();
    for id in clients {
        let client = context.app.clients.find(id).await?;
        names.push(client.map_or_else(|| id.to_owned(), |client| client.name(context.locale).to_owned()));
    }
    Ok(names)
}

/// What to say of it; nothing where nothing ended.
async fn said(citizen: &Citizen, ended: &Ended, done: &str) -> Result<Option<String>, Fault> {
    if ended.sessions == 0 {
        return Ok(None);
    }
    let locale = citizen.context.locale;
    let unreached = names(citizen, ended.unreached.iter().map(String::as_str)).await?;
    if unreached.is_empty() {
        return Ok(Some(done.to_owned()));
    }
    let systems = unreached.join(locale.pick("、", ", "));
    Ok(Some(format!("{done}{}{}", locale.pick("", " "), Sessions(locale).only_in_browser(systems))))
}
