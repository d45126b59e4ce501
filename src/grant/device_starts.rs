//! How often devices that show nothing of who they are may begin: anybody can speak for a public client, and each beginning is a row.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::client::Client;
use crate::protocol::{Postponed, Refusal};
use crate::storage::{Ephemeral, Limit};

const WINDOW: Duration = Duration::from_secs(600);
/// A phone network or a block of flats shares an address.
const PLACE: Limit = Limit { name: "device-place", most: 60, within: WINDOW };
/// However many addresses somebody has.
const CLIENT: Limit = Limit { name: "device-client", most: 3_000, within: WINDOW };

/// Counts a beginning.
pub async fn count(
    ephemeral: &Ephemeral,
    moment: &Moment,
    client: &Client,
) -> Result<Result<(), Postponed>, Fault> {
    if !client.is_public() {
        return Ok(Ok(()));
    }
    let place = moment.place().to_string();
    // What a place is refused uses up nothing of its client's.
    for (limit, by) in [(&PLACE, place.as_str()), (&CLIENT, client.client_id.as_str())] {
        if let Some(wait) = limit.take(ephemeral, moment.now, by).await? {
            return Ok(Err(Refusal::DeviceStartsTooMany.until(wait)));
        }
    }
    Ok(Ok(()))
}
