//! What clients ask of the citizen from elsewhere (CIBA): the list, and the way to one request's answer.

use super::citizen::Citizen;
use crate::base::Fault;
use crate::base::id::DecoupledId;
use crate::grant::decoupled::{self, Waiting};
use crate::http::address::Path;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::identity::subject;
use crate::protocol::Refusal;
use crate::web::answer::{Answer, page};
use crate::web::device;
use crate::web::pages::{RequestLine, RequestsPage};

pub async fn list(citizen: Citizen) -> Answer {
    let mut requests = Vec::new();
    for waiting in waiting(&citizen).await? {
        requests.push(line(&citizen, waiting).await?);
    }
    page(&citizen.context, &RequestsPage { chrome: citizen.chrome(), requests })
}

/// Sets out on the way to the page of one request: a fresh sign-in, the level it asks for, and the question itself.
pub async fn get(Path(id): Path, citizen: Citizen) -> Answer {
    let context = &citizen.context;
    let app = &context.app;
    let id: DecoupledId = id.parse().map_err(|_| Problem::NotFound)?;
    let found = decoupled::find_waiting(&mut app.db.read(), &app.keys, context.moment.now, &id).await?;
    // Somebody else's request is as good as none.
    let own = found.filter(|waiting| waiting.person.as_ref() == Some(&citizen.person.id));
    let waiting = own.ok_or(Problem::Answered)?;
    let client = app.clients.find(&waiting.client_id).await?;
    let client = client.ok_or(Problem::BadClient(Refusal::ClientUnknown))?;
    let expected = subject::of_person(&app.keys, &client.sector, &citizen.person.id);
    Ok(device::begin(context, &waiting, Some(expected)).await?)
}

/// What waits for the citizen's answer.
pub(super) async fn waiting(citizen: &Citizen) -> Result<Vec<Waiting>, Fault> {
    let context = &citizen.context;
    let app = &context.app;
    decoupled::list_of_person(&mut app.db.read(), &app.keys, context.moment.now, &citizen.person.id).await
}

async fn line(citizen: &Citizen, waiting: Waiting) -> Result<RequestLine, Fault> {
    let locale = citizen.context.locale;
    let client = citizen.context.app.clients.find(&waiting.client_id).await?;
    let (name, department) = match &client {
        Some(client) => {
            (client.name(locale).to_owned(), client.department_name.in_language(locale).to_owned())
        }
        None => (waiting.client_id.clone(), String::new()),
    };
    Ok(RequestLine {
        href: paths::account_request(&waiting.id),
        client: name,
        department,
        message: waiting.ask.binding_message,
        asked: waiting.created_at.for_people(),
        until: waiting.expires_at.for_people(),
    })
}
