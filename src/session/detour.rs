//! What a browser brought and a person answers on pages first: kept half an hour, of the browser that brought it, or that
//! comes first where that one kept back its cookies.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::id::RequestId;
use crate::base::{Fault, Moment};
use crate::storage::{Ephemeral, Share};

/// What is kept meanwhile.
pub trait Detour: Serialize + DeserializeOwned {
    /// Before its id in the store.
    const KIND: &'static str;

    /// The digest of the browser's own cookie: a link to somebody else's leads nowhere. None until a browser comes that
    /// says which it is.
    fn browser(&mut self) -> &mut Option<String>;
}

/// Time enough to find the card, not enough to be found by somebody else; a window visit takes longer and comes back by the department.
pub const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Keeps it; the id goes into the pages' addresses.
pub async fn keep<D: Detour>(ephemeral: &Ephemeral, moment: &Moment, detour: &D) -> Result<RequestId, Fault> {
    let id = RequestId::new(moment);
    update(ephemeral, moment, &id, detour).await?;
    Ok(id)
}

pub async fn update<D: Detour>(
    ephemeral: &Ephemeral,
    moment: &Moment,
    id: &RequestId,
    detour: &D,
) -> Result<(), Fault> {
    let text = serde_json::to_string(detour)
        .map_err(|error| Fault::broken(format!("writing what is {}", D::KIND)).because(error))?;
    let share = Share::of_place(&moment.place().to_string());
    ephemeral.put_yielding((&key::<D>(id), &text), LIFETIME, &share).await
}

/// What waits, if it is this browser's; it is from now on where it was nobody's.
pub async fn find<D: Detour>(
    ephemeral: &Ephemeral,
    moment: &Moment,
    (id, browser): (&RequestId, &str),
) -> Result<Option<D>, Fault> {
    let Some(text) = ephemeral.get(&key::<D>(id)).await? else { return Ok(None) };
    // Written by another build: as good as expired.
    let Ok(mut detour) = serde_json::from_str::<D>(&text) else { return Ok(None) };
    if detour.browser().is_none() {
        *detour.browser() = Some(browser.to_owned());
        update(ephemeral, moment, id, &detour).await?;
    }
    let is_its_own = detour.browser().as_deref() == Some(browser);
    Ok(is_its_own.then_some(detour))
}

pub async fn delete<D: Detour>(ephemeral: &Ephemeral, id: &RequestId) -> Result<(), Fault> {
    ephemeral.delete(&key::<D>(id)).await
}

fn key<D: Detour>(id: &RequestId) -> String {
    format!("{}:{id}", D::KIND)
}
