//! Where a person begins again whose request has run out: the system that the page, or its form, came from.

use url::{Url, form_urlencoded};

use crate::base::Fault;
use crate::client::Client;
use crate::http::context::Context;
use crate::http::shown::Entrance;

/// The system named by `from`, if it may be used; its addresses are those it has registered.
pub async fn named(context: &Context) -> Result<Option<Entrance>, Fault> {
    let Some(id) = named_id(context) else { return Ok(None) };
    let client = context.app.clients.find(&id).await?;
    Ok(client.filter(|client| client.usable().is_ok()).map(|client| of(context, &client)))
}

/// The id in `from`, for the next page.
pub fn named_id(context: &Context) -> Option<String> {
    form_urlencoded::parse(context.uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "from")
        .map(|(_, id)| id.into_owned())
        .filter(|id| Client::is_id(id))
}

fn of(context: &Context, client: &Client) -> Entrance {
    Entrance { name: client.name(context.locale).to_owned(), href: address(context, client) }
}

fn address(context: &Context, client: &Client) -> Option<String> {
    let home = || {
        let url = Url::parse(client.metadata.client_uri.as_deref()?).ok()?;
        matches!(url.scheme(), "https" | "http").then(|| url.to_string())
    };
    client.login_address(&context.app.settings.issuer).or_else(home)
}
