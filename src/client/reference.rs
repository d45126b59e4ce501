//! Request objects behind an address (OIDC Core §6.2): fetched from addresses the client registered, and from no others, so that
//! nobody has the service call what they like.

use super::policy::{self, PushRule};
use super::registration::Client;
use super::trust::Trust;
use crate::gateway::outgoing::OutgoingProblem;
use crate::protocol::Refusal;
use crate::protocol::request_object::LARGEST;

/// Whether a client may name the address of a request object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceRule {
    Registered,
    /// Nothing is registered, or requests must be pushed (FAPI 2.0 Security Profile §5.3.2.2).
    Never,
}

pub fn rule(client: &Client) -> ReferenceRule {
    if policy::push(client) == PushRule::Any && !client.metadata.request_uris.is_empty() {
        ReferenceRule::Registered
    } else {
        ReferenceRule::Never
    }
}

impl Trust {
    /// The object behind a registered address, not believed yet. It is fetched for every request: nothing cached can be
    /// older than what the client means. Who comes while too many are fetched is told to come again.
    pub async fn request_object(&self, client: &Client, uri: &str) -> Result<String, Refusal> {
        if rule(client) == ReferenceRule::Never {
            return Err(Refusal::RequestUriUnsupported);
        }
        if !client.metadata.request_uris.iter().any(|registered| registered == uri) {
            return Err(Refusal::RequestUriUnregistered);
        }
        let _turn = self.references.try_acquire().map_err(|_| Refusal::ServerBusy)?;
        let body = self.outgoing.get(uri, LARGEST).await.map_err(unavailable)?;
        // RFC 9101 §5.2.3: the compact JWT and nothing else; a line end after it does no harm.
        let text = String::from_utf8(body).map_err(|_| Refusal::RequestObjectMalformed)?;
        Ok(text.trim_ascii().to_owned())
    }
}

fn unavailable(problem: OutgoingProblem) -> Refusal {
    tracing::info!(reason = %problem, "the request object behind a client's request_uri could not be fetched");
    Refusal::RequestUriUnavailable
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Profile;
    use crate::client::registration::tests::client;

    #[test]
    fn only_who_registered_addresses_and_need_not_push_may_name_them() {
        assert_eq!(rule(&client(json!({}))), ReferenceRule::Never);
        let mut with = client(json!({"request_uris": ["https://a.example/request"]}));
        assert_eq!(rule(&with), ReferenceRule::Registered);
        with.profile = Profile::Fapi2;
        assert_eq!(rule(&with), ReferenceRule::Never);
        with.profile = Profile::Default;
        with.metadata.require_pushed_authorization_requests = true;
        assert_eq!(rule(&with), ReferenceRule::Never);
    }
}
