//! What the authorization endpoint itself hands out in hybrid and implicit answers (OIDC Core §3.2, §3.3), for old systems.

use serde_json::{Map, Value};

use crate::base::Fault;
use crate::base::id::{FamilyId, ParticipationId};
use crate::client::{Client, Recipient};
use crate::grant::access_token::{self, Carries, Issued, NewToken};
use crate::grant::claims::Told;
use crate::grant::issue::{self, Beside, Issuing};
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

/// What was written, before anything is signed.
struct Written {
    sid: ParticipationId,
    issued: Option<Issued>,
    carries: Carries,
    /// Claims about the person for the ID token.
    about: Map<String, Value>,
}

impl Front<'_> {
    /// Issues what the response type asks for; refused when the session has just ended, or the consent was just
    /// withdrawn. What is handed out hangs on a family of its own: it dies with the session and the consent, whatever
    /// becomes of the code beside it.
    pub(in crate::oidc) async fn issue(
        &self,
        granted: &Granted,
        code: Option<&str>,
    ) -> Result<Result<FrontTokens, Refusal>, Fault> {
        let kind = self.request.response_type;
        if !kind.gives_id_token() && !kind.gives_access_token() {
            return Ok(Ok(FrontTokens::default()));
        }
        let at = (&*self.context.app, &self.context.moment);
        let to = super::unasked(at, (self.client, self.recipient.as_ref()));
        match self.write(&to, granted).await? {
            Ok(written) => Ok(Ok(self.sign(&to, granted, (written, code))?)),
            Err(Refusal::ConsentWithdrawn) => Ok(Err(Refusal::ConsentDenied)),
            Err(_) => Ok(Err(Refusal::LoginRequired)),
        }
    }

    async fn write(&self, to: &Issuing<'_>, granted: &Granted) -> Result<Result<Written, Refusal>, Fault> {
        let kind = self.request.response_type;
        let family = FamilyId::new(to.moment);
        let mut tx = self.context.app.db.begin().await?;
        let sid = match entry::participate(&mut tx, to.moment, granted).await? {
            Ok(sid) => sid,
            Err(refusal) => return Ok(Err(refusal)),
        };
        family::insert(&mut tx, to.moment, (&family, &sid), granted).await?;
        let carries = to.carries(&granted.facts);
        let carries =
            carries.map_err(|refusal| Fault::broken("what was granted is not covered").because(refusal))?;
        let issued = match kind.gives_access_token() {
            true => {
                let (family, scope) = (Some(&family), &granted.scope);
                let new = NewToken { client: to.client, family, scope, carries: &carries, parent: None };
                Some(access_token::issue(&mut tx, to.moment, &new).await?)
            }
            false => None,
        };
        let scopes = if kind.gives_code() || issued.is_some() { Told::ByUserinfo } else { Told::InIdToken };
        let about = issue::about(&mut tx, to, granted, scopes).await?;
        tx.commit().await?;
        Ok(Ok(Written { sid, issued, carries, about }))
    }

    fn sign(
        &self,
        to: &Issuing<'_>,
        granted: &Granted,
        (written, code): (Written, Option<&str>),
    ) -> Result<FrontTokens, Fault> {
        let Written { sid, issued, carries, about } = written;
        let scope = &granted.scope;
        let expires_in = issued.as_ref().map_or(0, Issued::seconds).to_string();
        let access_token =
            issued.map(|issued| issue::text(to, issued, Some(granted), (scope, &carries))).transpose()?;
        let beside = Beside {
            access_token: access_token.as_deref(),
            code,
            // There is nothing to detach a signature from without a code.
            state: self.request.state.as_deref().filter(|_| code.is_some()),
        };
        let id_token = match self.request.response_type.gives_id_token() {
            true => Some(issue::id_token(to, granted, &sid, (&beside, about))?),
            false => None,
        };
        Ok(FrontTokens { access_token, id_token, expires_in, scope: scope.to_string() })
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
