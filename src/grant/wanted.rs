//! For which resources (RFC 8707 §2.2) and which details (RFC 9396 §6) a token is wanted: less than was granted, never more.

use serde_json::Value;

use super::access_token::Carries;
use super::granted::Facts;
use crate::client::{Client, policy};
use crate::protocol::confirmation::Confirmation;
use crate::protocol::{Details, Params, Refusal, resource};

/// What a token request says about it; nothing means everything that was granted.
#[derive(Debug)]
pub struct Wanted {
    resources: Vec<String>,
    details: Option<Details>,
}

/// Where no token request says anything.
pub static EVERYTHING: Wanted = Wanted { resources: Vec::new(), details: None };

impl Wanted {
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let details = params.get("authorization_details").map(str::parse).transpose();
        Ok(Self {
            resources: resource::read(params)?,
            details: details.map_err(|_| Refusal::DetailsMalformed)?,
        })
    }
}

/// What a token of an authorization carries, and the key it is bound to.
pub fn of_grant(
    client: &Client,
    Wanted { resources, details }: &Wanted,
    facts: &Facts,
    confirmation: Option<&Confirmation>,
) -> Result<Carries, Refusal> {
    // RFC 8707 §2.2: an authorization for no resource in particular may be spent on any the client may call.
    let granted = match facts.resources.is_empty() {
        true => policy::may_call(client, resources),
        false => resources.iter().all(|resource| facts.resources.contains(resource)),
    };
    if !granted {
        return Err(Refusal::ResourceWidened);
    }
    let audience = if resources.is_empty() { &facts.resources } else { resources };
    let details = match details {
        None => facts.details.clone(),
        Some(details) => {
            let granted = Details::of_values(&facts.details).unwrap_or_default();
            if !granted.cover(details) {
                return Err(Refusal::DetailsWidened);
            }
            details.to_values()
        }
    };
    Ok(carries(confirmation, audience, &details))
}

/// What a client's own token carries: everything asked must be registered.
pub fn of_client(
    client: &Client,
    Wanted { resources, details }: &Wanted,
    confirmation: Option<&Confirmation>,
) -> Result<Carries, Refusal> {
    if !policy::may_call(client, resources) {
        return Err(Refusal::ResourceInvalid);
    }
    let details = details.clone().unwrap_or_default();
    if !policy::may_detail(client, &details) {
        return Err(Refusal::DetailsNotAllowed);
    }
    Ok(carries(confirmation, resources, &details.to_values()))
}

fn carries(confirmation: Option<&Confirmation>, audience: &[String], details: &[Value]) -> Carries {
    Carries {
        confirmation: confirmation.cloned(),
        details: at(details, audience),
        audience: audience.to_vec(),
        ..Carries::default()
    }
}

/// RFC 9396 §3.3: a token for one service does not tell what others may do.
fn at(details: &[Value], audience: &[String]) -> Vec<Value> {
    let concerns = |detail: &&Value| match detail.get("locations").and_then(|list| list.as_array()) {
        Some(locations) if !audience.is_empty() => {
            locations.iter().filter_map(|one| one.as_str()).any(|one| audience.iter().any(|own| own == one))
        }
        _ => true,
    };
    details.iter().filter(concerns).cloned().collect()
}
