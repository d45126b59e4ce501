//! Whose a token is and what it still opens, as the registrations stand at this moment.

use std::sync::Arc;

use super::access_token::AccessToken;
use crate::base::Fault;
use crate::client::{Client, Clients};

/// The client a token was made for; none where it, or whom the token rests on, is gone or switched off: at another node
/// a token may have been made in that moment. What was taken from a registration since is taken from the token too.
pub async fn of(clients: &Clients, token: &mut AccessToken) -> Result<Option<Arc<Client>>, Fault> {
    let Some(holder) = usable(clients, &token.client_id).await? else { return Ok(None) };
    let Some(family) = &mut token.family else {
        token.scope = token.scope.intersection(&holder.metadata.scope);
        return Ok(Some(holder));
    };
    // An exchanged token rests on what another client was granted.
    let source = match family.granted.client_id == holder.client_id {
        true => Some(holder.clone()),
        false => usable(clients, &family.granted.client_id).await?,
    };
    let Some(source) = source else { return Ok(None) };
    family.granted.narrow_to(&source);
    token.scope = token.scope.intersection(&family.granted.scope);
    Ok(Some(holder))
}

async fn usable(clients: &Clients, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
    let found = clients.find(client_id).await?;
    Ok(found.filter(|client| client.usable().is_ok()))
}
