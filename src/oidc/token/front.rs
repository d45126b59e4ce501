//! What the authorization endpoint itself hands out in hybrid and implicit answers (OIDC Core §3.2, §3.3), for old systems.

use super::issue::{self, Beside};
use super::wanted::Wanted;
use super::{Asked, wanted};
use crate::base::Fault;
use crate::base::id::FamilyId;
use crate::client::{Client, Recipient};
use crate::grant::access_token::{self, NewToken};
use crate::grant::claims::Told;
use crate::grant::{Granted, entry, family};
use crate::http::context::Context;
use crate::protocol::token_answer::TokenType;
use crate::protocol::{AuthorizeRequest, Refusal};

/// An authorization that is about to be answered.
pub(in crate::oidc) struct Front<'a> {
    pub(in crate::oidc) context: &'a Context,
    pub(in crate::oidc) client: &'a Client,
    pub(in crate::oidc) request: &'a AuthorizeRequest,
    /// Whose key an ID token is encrypted to.
    pub(in crate::oidc) recipient: Option<Recipient>,
}

/// What it hands out beside the code; nothing in the code flow.
#[derive(Default)]
pub(in crate::oidc) struct FrontTokens {
    access_token: Option<String>,
    id_token: Option<String>,
    expires_in: String,
    scope: String,
}

impl Front<'_> {
    /// Issues what the response type asks for; refused when the session has just ended, or the consent was just
    /// withdrawn. What is handed out hangs on a
    /// family of its own: it dies with the session and the consent, whatever becomes of the code beside it.
    pub(in crate::oidc) async fn issue(
        &self,
        granted: &Granted,
        code: Option<&str>,
    ) -> Result<Result<FrontTokens, Refusal>, Fault> {
        let kind = self.request.response_type;
        if !kind.gives_id_token() && !kind.gives_access_token() {
            return Ok(Ok(FrontTokens::default()));
        }
        let moment = &self.context.moment;
        let asked = Asked {
            app: &self.context.app,
            moment,
            trace: &self.context.trace,
            client: self.client,
            confirmation: None,
            recipient: self.recipient.clone(),
            wanted: Wanted::default(),
        };
        let family = FamilyId::new(moment);
        let mut tx = asked.app.db.begin().await?;
        let sid = match entry::participate(&mut tx, moment, granted).await? {
            Ok(sid) => sid,
            Err(Refusal::ConsentWithdrawn) => return Ok(Err(Refusal::ConsentDenied)),
            Err(_) => return Ok(Err(Refusal::LoginRequired)),
        };
        family::insert(&mut tx, moment, (&family, &sid), granted).await?;
        let carries = wanted::of_grant(&asked, &granted.facts)
            .map_err(|refusal| Fault::broken("what was granted is not covered").because(refusal))?;
        let scope = &granted.scope;
        let issued = match kind.gives_access_token() {
            true => {
                let new = NewToken {
                    client_id: &granted.client_id,
                    family: Some(&family),
                    scope,
                    carries: &carries,
                    format: self.client.metadata.access_token_format,
                    parent: None,
                };
                Some(access_token::issue(&mut tx, moment, &new).await?)
            }
            false => None,
        };
        let scopes = if kind.gives_code() || issued.is_some() { Told::ByUserinfo } else { Told::InIdToken };
        let about = issue::about(&mut tx, &asked, granted, scopes).await?;
        tx.commit().await?;
        let expires_in = issued.as_ref().map_or(0, |issued| issued.seconds()).to_string();
        let access_token =
            issued.map(|issued| issue::text(&asked, issued, Some(granted), (scope, &carries))).transpose()?;
        let beside = Beside {
            access_token: access_token.as_deref(),
            code,
            // There is nothing to detach a signature from without a code.
            state: self.request.state.as_deref().filter(|_| code.is_some()),
        };
        let id_token = match kind.gives_id_token() {
            true => Some(issue::id_token(&asked, granted, &sid, (&beside, about))?),
            false => None,
        };
        Ok(Ok(FrontTokens { access_token, id_token, expires_in, scope: scope.to_string() }))
    }
}

impl FrontTokens {
    /// As parameters of the answer (OIDC Core §3.2.2.5, RFC 6749 §4.2.2).
    pub(in crate::oidc) fn pairs(&self) -> Vec<(&str, &str)> {
        let mut pairs = Vec::new();
        if let Some(token) = &self.access_token {
            pairs.push(("access_token", token.as_str()));
            pairs.push(("token_type", TokenType::Bearer.as_str()));
            pairs.push(("expires_in", self.expires_in.as_str()));
            pairs.push(("scope", self.scope.as_str()));
        }
        pairs.extend(self.id_token.iter().map(|token| ("id_token", token.as_str())));
        pairs
    }
}
