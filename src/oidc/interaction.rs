//! `x-fapi-interaction-id`: a resource names the exchange as its caller did, or gives it a name (FAPI 1.0 Baseline §6.2.1 (11),
//! which FAPI-CIBA keeps).

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

use crate::http::machine::Machine;

const NAME: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

/// Puts the name of the exchange on its answer. What is no UUID is not sent back.
pub(super) fn name(machine: &Machine, headers: &mut HeaderMap) {
    let sent = machine.header(NAME).filter(|text| Uuid::try_parse(text).is_ok());
    let name = sent.map_or_else(|| fresh(machine), str::to_owned);
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(NAME, value);
    }
}

fn fresh(machine: &Machine) -> String {
    let mut bytes = [0; 16];
    machine.moment.random.fill(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
