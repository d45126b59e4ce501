//! The overview: level, documents, ways to sign in, and what lifts the level.

use super::citizen::Citizen;
use super::requests;
use crate::base::Fault;
use crate::http::context::Context;
use crate::http::paths;
use crate::identity::store::person::StoredDocument;
use crate::identity::store::{account, proof};
use crate::identity::{Assurance, mask};
use crate::web::answer::{Answer, page};
use crate::web::pages::{AccountPage, DocumentLine, RequestsWaiting};
use crate::web::progress;

pub async fn get(citizen: Citizen) -> Answer {
    let app = &citizen.context.app;
    let contact = account::contact(&mut app.db.read(), &app.keys, &citizen.session.account)
        .await?
        .ok_or_else(|| Fault::inconsistent("sso_session", citizen.session.id.as_str(), "of no account"))?;
    let assurance = assurance(&citizen).await?;
    let waiting = requests::waiting(&citizen).await?;
    let drawn = AccountPage {
        chrome: citizen.chrome(),
        name_masked: citizen.person.masked_name(),
        level: assurance.level.number(),
        level_since: assurance.reached_at.map(|at| at.date().to_string()),
        documents: citizen.person.documents.iter().map(|document| line(&citizen, document)).collect(),
        phone_masked: contact.phone.as_deref().map(mask::phone),
        login_name: contact.login_name,
        visit: progress::find(&citizen.context, &citizen.session).await?.state,
        requests: if waiting.is_empty() { RequestsWaiting::None } else { RequestsWaiting::Some },
    };
    page(&citizen.context, &drawn)
}

/// The address without its last character, as people type it.
pub async fn instead(context: Context) -> Answer {
    Ok(context.redirect(paths::ACCOUNT))
}

async fn assurance(citizen: &Citizen) -> Result<Assurance, Fault> {
    let app = &citizen.context.app;
    let evidence = proof::list_of_account(&mut app.db.read(), &citizen.session.account).await?;
    Ok(proof::assurance_of(&evidence, citizen.context.moment.now))
}

fn line(citizen: &Citizen, document: &StoredDocument) -> DocumentLine {
    DocumentLine {
        country: document.issuing_country.clone(),
        kind: document.kind.label(citizen.context.locale).to_owned(),
        number_masked: document.masked_number(),
        valid_until: document.valid_until.map(|at| at.date().to_string()),
    }
}
