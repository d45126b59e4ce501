//! The account is there: its level, what it signs in with, and the way on.

use crate::base::Fault;
use crate::http::paths;
use crate::identity::mask;
use crate::identity::store::account;
use crate::web::account::citizen::Citizen;
use crate::web::answer::{Answer, page};
use crate::web::chrome::Chrome;
use crate::web::pages::RegisteredPage;
use crate::web::progress;
use crate::web::way::Way;

pub async fn get(mut citizen: Citizen) -> Answer {
    let way = Way::of_address(&mut citizen.context).await?;
    let (context, session) = (&citizen.context, &citizen.session);
    let app = &context.app;
    let contact = account::contact(&mut app.db.read(), &app.keys, &session.account)
        .await?
        .ok_or_else(|| Fault::inconsistent("sso_session", session.id.as_str(), "of no account"))?;
    let service = way.as_ref().map(|way| way.client.name(context.locale).to_owned());
    let href = way.as_ref().map(|way| paths::for_request(paths::CONTINUE, &way.id));
    let drawn = RegisteredPage {
        chrome: Chrome { service: service.clone(), ..citizen.chrome() },
        name_masked: citizen.person.masked_name(),
        level: progress::level(context, session).await?.number(),
        id_type: Some(citizen.person.primary()?.kind),
        login_name: contact.login_name,
        phone_masked: contact.phone.as_deref().map(mask::phone),
        continue_to: service.zip(href),
    };
    page(context, &drawn)
}
