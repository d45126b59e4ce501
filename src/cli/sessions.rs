//! `sessions`: who is signed in where, and ending it; every system that saw a session is told by the running service.

use std::str::FromStr;

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::app::App;
use crate::base::id::{PersonId, SessionId};
use crate::identity::store::account;
use crate::session::ending::{self, Ending, Reason};
use crate::session::sso;

/// A person as an operator names one: by id, as the audit has it, or by what they sign in with.
#[derive(Debug, Clone)]
pub enum Who {
    Person(PersonId),
    Username(String),
}

/// What to end.
#[derive(Debug, Clone)]
pub enum Which {
    Session(SessionId),
    All(Who),
}

const NOBODY: &str = "nobody signs in with that: give the login name, phone or number of their document as they type it, or \
                      the id of the person (per_…) from the audit";

impl FromStr for Who {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Who::Username(text.to_owned()), Who::Person))
    }
}

/// A line for each living session: its id, since when, on what, and the systems that saw it.
pub async fn list(place: &Place, who: &Who) -> Result<(), Problem> {
    let app = &place.app;
    let (person, now) = (person(app, who).await?, app.clock.now());
    let mut uses = ending::uses_of_person(&mut app.db.read(), now, &person).await?;
    for session in sso::list_of_person(&mut app.db.read(), now, &person).await? {
        let systems: Vec<String> =
            uses.remove(&session.id).unwrap_or_default().into_iter().map(|one| one.client_id).collect();
        let (id, since, device) = (&session.id, session.created_at, &session.device);
        print::line(&format!("{id}  since {since}  {device}  {}", systems.join(" ")))?;
    }
    app.close().await;
    Ok(())
}

pub async fn end(place: &Place, which: &Which) -> Result<(), Problem> {
    let ended = end_in(&place.app, which).await;
    place.app.close().await;
    match ended? {
        0 => Err(Problem::Found(nothing_ended(which).to_owned())),
        more => print::line(&format!("{more} ended; the running service tells the systems within seconds")),
    }
}

fn nothing_ended(which: &Which) -> &'static str {
    match which {
        Which::Session(_) => {
            "no session of that id lives; it may have ended, and `tongyao sessions list PERSON` shows those that live"
        }
        Which::All(_) => "that person is signed in nowhere: there is nothing to end",
    }
}

/// How many ended.
pub async fn end_in(app: &App, which: &Which) -> Result<usize, Problem> {
    let moment = app.moment();
    let (person, sessions) = match which {
        Which::Session(session) => match sso::person_of(&mut app.db.read(), session).await? {
            Some(person) => (person, vec![session.clone()]),
            None => return Ok(0),
        },
        Which::All(who) => {
            let person = person(app, who).await?;
            let living = sso::all_of_person(&mut app.db.read(), moment.now, &person).await?;
            (person, living)
        }
    };
    let reason = Reason::EndedByOperator;
    let ending = Ending { keys: &app.keys, clients: &app.clients, person: &person, reason };
    let mut tx = app.db.begin().await?;
    let ended = ending::end_each(&mut tx, &moment, &sessions, &ending).await?;
    tx.commit().await?;
    app.wake.ring();
    Ok(ended)
}

async fn person(app: &App, who: &Who) -> Result<PersonId, Problem> {
    match who {
        Who::Person(person) => Ok(person.clone()),
        Who::Username(name) => account::find_for_sign_in(&mut app.db.read(), &app.keys, name)
            .await?
            .map(|account| account.person)
            .ok_or_else(|| Problem::Found(NOBODY.to_owned())),
    }
}
