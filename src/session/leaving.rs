//! A sign-out that a client asked for, waiting for the person's answer; bound to the browser that brought it.

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
    /// The digest of the browser's own cookie.
    pub browser: String,
}

const LIFETIME: Duration = Duration::from_secs(30 * 60);

pub async fn keep(ephemeral: &Ephemeral, moment: &Moment, leaving: &Leaving) -> Result<RequestId, Fault> {
    let id = RequestId::new(moment);
    let text =
        serde_json::to_string(leaving).map_err(|error| Fault::broken("writing a sign-out").because(error))?;
    ephemeral.put_yielding(&key(&id), &text, LIFETIME).await?;
    Ok(id)
}

pub async fn find(ephemeral: &Ephemeral, id: &RequestId, browser: &str) -> Result<Option<Leaving>, Fault> {
    let Some(text) = ephemeral.get(&key(id)).await? else { return Ok(None) };
    let leaving: Option<Leaving> = serde_json::from_str(&text).ok();
    Ok(leaving.filter(|leaving| leaving.browser == browser))
}

fn key(id: &RequestId) -> String {
    format!("leaving:{id}")
}
