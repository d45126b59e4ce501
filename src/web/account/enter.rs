//! The systems a citizen can enter from here: each is told who sent them and begins its own log-in (OIDC Core §4).

use super::citizen::Citizen;
use crate::client::{Client, store};
use crate::web::answer::{Answer, page};
use crate::web::pages::{ServiceLine, ServicesPage};

pub async fn get(citizen: Citizen) -> Answer {
    let context = &citizen.context;
    let clients = store::list_enterable(&mut context.app.db.read()).await?;
    let services = clients.iter().filter_map(|client| line(&citizen, client)).collect();
    page(context, &ServicesPage { chrome: citizen.chrome(), services })
}

fn line(citizen: &Citizen, client: &Client) -> Option<ServiceLine> {
    let context = &citizen.context;
    Some(ServiceLine {
        name: client.name(context.locale).to_owned(),
        department: client.department_name.in_language(context.locale).to_owned(),
        href: client.login_address(&context.app.settings.issuer)?,
    })
}
