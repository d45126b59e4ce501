//! For which resources (RFC 8707 §2.2) and which details (RFC 9396 §6) a token is wanted: less than was granted, never more.

use serde_json::Value;

use super::Asked;
use crate::client::policy;
use crate::grant::access_token::Carries;
use crate::grant::granted::Facts;
use crate::protocol::{Details, Params, Refusal, resource};

/// What a token request says about it; nothing means everything that was granted.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    resources: Vec<String>,
    details: Option<Details>,
}

impl Wanted {
    pub(super) fn parse(params: &Params) -> Result<Self, Refusal> {
        let details = params.get("authorization_details").map(str::parse).transpose();
        Ok(Self {
            resources: resource::read(params)?,
            details: details.map_err(|_| Refusal::DetailsMalformed)?,
        })
    }
}

/// What a token of an authorization carries.
pub(super) fn of_grant(asked: &Asked<'_>, facts: &Facts) -> Result<Carries, Refusal> {
    let Wanted { resources, details } = &asked.wanted;
    // RFC 8707 §2.2: an authorization for no resource in particular may be spent on any the client may call.
    let granted = match facts.resources.is_empty() {
        true => policy::may_call(asked.client, resources),
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
    Ok(Carries {
        confirmation: asked.confirmation.clone(),
        details: at(&details, audience),
        audience: audience.clone(),
        ..Carries::default()
    })
}

/// What a client's own token carries: everything asked must be registered.
pub(super) fn of_client(asked: &Asked<'_>) -> Result<Carries, Refusal> {
    let Wanted { resources, details } = &asked.wanted;
    if !policy::may_call(asked.client, resources) {
        return Err(Refusal::ResourceInvalid);
    }
    let details = details.clone().unwrap_or_default();
    if !policy::may_detail(asked.client, &details) {
        return Err(Refusal::DetailsNotAllowed);
    }
    Ok(Carries {
        confirmation: asked.confirmation.clone(),
        details: at(&details.to_values(), resources),
        audience: resources.clone(),
        ..Carries::default()
    })
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
