//! A sign-out that a client asked for, waiting for the person's answer; bound to the browser that brought it, or that comes
//! first where that one kept back its cookies.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::RequestId;
use crate::base::{Fault, Moment};
use crate::storage::Ephemeral;

/// What a client asked for, checked: the address is one of its own.
#[derive(Clone, Serialize, Deserialize)]
pub struct Leaving {
    pub client_id: Option<String>,
    /// Where the client wants the person back, with `state`.
    pub back: Option<String>,
    pub ui_locales: Option<String>,
    /// The digest of the browser's own cookie; none until a browser comes that says which it is.
    pub browser: Option<String>,
}

const LIFETIME: Duration = Duration::from_secs(30 * 60);

pub async fn keep(ephemeral: &Ephemeral, moment: &Moment, leaving: &Leaving) -> Result<RequestId, Fault> {
    let id = RequestId::new(moment);
    put(ephemeral, &id, leaving).await?;
    Ok(id)
}

/// The sign-out that waits, if it is this browser's; it is from now on where it was nobody's.
pub async fn find(ephemeral: &Ephemeral, id: &RequestId, browser: &str) -> Result<Option<Leaving>, Fault> {
    let Some(text) = ephemeral.get(&key(id)).await? else { return Ok(None) };
    let Ok(mut leaving) = serde_json::from_str::<Leaving>(&text) else { return Ok(None) };
    if leaving.browser.is_none() {
        leaving.browser = Some(browser.to_owned());
        put(ephemeral, id, &leaving).await?;
    }
    Ok(Some(leaving).filter(|leaving| leaving.browser.as_deref() == Some(browser)))
}

async fn put(ephemeral: &Ephemeral, id: &RequestId, leaving: &Leaving) -> Result<(), Fault> {
    let text =
        serde_json::to_string(leaving).map_err(|error| Fault::broken("writing a sign-out").because(error))?;
    ephemeral.put_yielding(&key(id), &text, LIFETIME).await
}

fn key(id: &RequestId) -> String {
    format!("leaving:{id}")
}
