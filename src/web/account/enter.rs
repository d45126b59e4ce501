//! The systems a citizen can enter from here, a page at a time: each is told who sent them and begins its own log-in
//! (OIDC Core §4).

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::citizen::Citizen;
use crate::client::{Client, Department, store};
use crate::http::address::Query;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::web::answer::{Answer, page};
use crate::web::pages::{ServiceLine, ServicesPage};

/// Behind which system the page begins.
#[derive(Deserialize)]
pub struct Asked {
    department: Option<String>,
    after: Option<String>,
}

const LINES: usize = 50;

pub async fn get(citizen: Citizen, Query(asked): Query<Asked>) -> Answer {
    let context = &citizen.context;
    let seen = seen(&asked)?;
    let limit = i64::try_from(LINES + 1).unwrap_or(i64::MAX);
    let mut clients =
        store::list_enterable(&mut context.app.db.read(), seen.unwrap_or_default(), limit).await?;
    let is_more = clients.len() > LINES;
    clients.truncate(LINES);
    let drawn = ServicesPage {
        chrome: citizen.chrome(),
        services: clients.iter().filter_map(|client| line(&citizen, client)).collect(),
        next_href: clients.last().filter(|_| is_more).map(address_after),
        first_href: seen.map(|_| paths::ACCOUNT_SERVICES.to_owned()),
    };
    page(context, &drawn)
}

fn seen(asked: &Asked) -> Result<Option<(&str, &str)>, Problem> {
    match (asked.department.as_deref(), asked.after.as_deref()) {
        (None, None) => Ok(None),
        (Some(department), Some(client)) if Department::is_id(department) && Client::is_id(client) => {
            Ok(Some((department, client)))
        }
        _ => Err(Problem::BadRequest),
    }
}

fn address_after(last: &Client) -> String {
    let asked = Serializer::new(String::new())
        .append_pair("department", &last.department_id)
        .append_pair("after", &last.client_id)
        .finish();
    format!("{}?{asked}", paths::ACCOUNT_SERVICES)
}

fn line(citizen: &Citizen, client: &Client) -> Option<ServiceLine> {
    let context = &citizen.context;
    Some(ServiceLine {
        name: client.name(context.locale).to_owned(),
        department: client.department_name.in_language(context.locale).to_owned(),
        href: client.login_address(&context.app.settings.issuer)?,
    })
}
