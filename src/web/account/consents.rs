//! The systems that may use the citizen's information, and taking a consent back.

use super::citizen::{Citizen, Sent};
use super::items;
use crate::base::{Fault, Locale};
use crate::grant::consent::{self, Consent};
use crate::http::shown::Problem;
use crate::web::answer::{Answer, page};
use crate::web::messages::{Consents, Detailed};
use crate::web::pages::{ConsentLine, ConsentsPage};

pub async fn get(citizen: Citizen) -> Answer {
    show(&citizen, None).await
}

/// `consent` is the client it was given to; `action` is `withdraw`.
pub async fn post(sent: Sent) -> Answer {
    let Sent { citizen, form } = sent;
    let (Some(client), Some("withdraw")) = (form.get("consent"), form.get("action")) else {
        return Err(Problem::BadRequest.into());
    };
    let withdrawn = withdraw(&citizen, client).await?;
    show(&citizen, withdrawn.then(|| Consents(citizen.context.locale).withdrawn())).await
}

async fn withdraw(citizen: &Citizen, client: &str) -> Result<bool, Fault> {
    let context = &citizen.context;
    let mut tx = context.app.db.begin().await?;
    let withdrawn = consent::withdraw(&mut tx, &context.moment, &citizen.person.id, client).await?;
    tx.commit().await?;
    Ok(withdrawn)
}

async fn show(citizen: &Citizen, done: Option<&str>) -> Answer {
    let context = &citizen.context;
    let mut consents = Vec::new();
    for consent in consent::list(&mut context.app.db.read(), &citizen.person.id).await? {
        if consent.expires_at.is_none_or(|end| end > context.moment.now) {
            consents.push(line(citizen, consent).await?);
        }
    }
    let drawn = ConsentsPage { chrome: citizen.chrome(), consents, done: done.map(str::to_owned) };
    page(context, &drawn)
}

async fn line(citizen: &Citizen, consent: Consent) -> Result<ConsentLine, Fault> {
    let locale = citizen.context.locale;
    let client = citizen.context.app.clients.find(&consent.client_id).await?;
    let (name, department) = match &client {
        Some(client) => {
            (client.name(locale).to_owned(), client.department_name.in_language(locale).to_owned())
        }
        None => (consent.client_id.clone(), String::new()),
    };
    let until = match consent.expires_at {
        _ if client.as_ref().is_some_and(|client| client.asks_each_time()) => {
            Consents(locale).each_time().to_owned()
        }
        Some(at) => at.date().to_string(),
        None => Consents(locale).no_end().to_owned(),
    };
    Ok(ConsentLine {
        client: name,
        department,
        items: known(locale, &consent),
        given: consent.granted_at.for_people(),
        until,
        id: consent.client_id,
    })
}

fn known(locale: Locale, consent: &Consent) -> Vec<String> {
    let words = Detailed(locale);
    let mut names = items::names(locale, consent.scope.iter(), consent.claims.iter().map(String::as_str));
    names.extend(consent.details.iter().map(|detail| {
        let what = words.what(detail);
        format!("{}{}{}", words.name(detail), locale.pick("：", ": "), what.trim_end_matches(['。', '.']))
    }));
    names
}
