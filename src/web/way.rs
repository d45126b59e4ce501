//! A page on the way through an authorization request: the request that waits, its client, and the frame that names it.

use std::sync::Arc;

use axum::response::Response;
use url::form_urlencoded;

use super::answer::{Answer, chrome, page_with};
use super::chrome::Chrome;
use super::entrance;
use super::pages::Asker;
use crate::base::Fault;
use crate::base::id::{PersonId, RequestId};
use crate::client::Client;
use crate::grant::pending::{self, Left, Pending};
use crate::http::context::Context;
use crate::http::csp::Csp;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::protocol::{Refusal, urlencoded};
use crate::session::detour;

/// A waiting request that this browser brought.
pub struct Way {
    pub id: RequestId,
    pub pending: Pending,
    pub client: Arc<Client>,
}

impl Way {
    /// The request named in an address or a form. The page is shown in the language the department asked for.
    pub async fn find(context: &mut Context, id: &str) -> Result<Self, PageProblem> {
        let id: RequestId = id.parse().map_err(|_| Problem::Expired)?;
        let browser = context.browser();
        let found = pending::find(&context.app.ephemeral, &context.moment, (&id, &browser)).await?;
        let Some(pending) = found else { return Err(over(context, (&id, &browser)).await?.into()) };
        context.prefer(pending.request.ui_locales.as_deref());
        let found = context.app.clients.find(&pending.request.client_id).await?;
        let client = found.ok_or(Problem::BadClient(Refusal::ClientUnknown))?;
        Ok(Self { id, pending, client })
    }

    /// The same, where a page may also be opened by itself.
    pub async fn optional(context: &mut Context, id: Option<&str>) -> Result<Option<Self>, PageProblem> {
        match id.filter(|id| !id.is_empty()) {
            Some(id) => Self::find(context, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same, for pages that outlive the request: a visit to a window takes longer than a request waits.
    pub async fn if_waiting(context: &mut Context, id: Option<&str>) -> Result<Option<Self>, PageProblem> {
        match Self::optional(context, id).await {
            Err(problem) if problem.is_over() => Ok(None),
            found => found,
        }
    }

    /// The request named in the address of such a page.
    pub async fn of_address(context: &mut Context) -> Result<Option<Self>, PageProblem> {
        let named = form_urlencoded::parse(context.uri.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "request")
            .map(|(_, value)| value.into_owned());
        Self::if_waiting(context, named.as_deref()).await
    }

    /// The frame with the name of the department's system.
    pub fn chrome(&self, context: &Context) -> Chrome {
        Chrome {
            service: Some(self.client.name(context.locale).to_owned()),
            from: self.comes_back().then(|| self.client.client_id.clone()),
            ..chrome(context)
        }
    }

    /// A page that waits longer than the request: so its address names the system, too, where one can begin there again.
    pub fn lasting(&self, page: &str) -> String {
        let from = self.comes_back().then(|| format!("&from={}", urlencoded::encode(&self.client.client_id)));
        format!("{}{}", paths::for_request(page, &self.id), from.unwrap_or_default())
    }

    /// Whether the person came from the system, and can come from there again.
    pub fn comes_back(&self) -> bool {
        self.pending.decoupled.is_none()
    }

    /// What the department's system says about itself.
    pub fn asker(&self, context: &Context) -> Asker {
        Asker::of(context.locale, &self.client)
    }

    /// The policy that lets the page's forms end at the client.
    pub fn csp(&self) -> Csp {
        Csp::strict().form_to(self.pending.request.redirect_uri.csp_source())
    }

    pub fn page(&self, context: &Context, template: &impl askama::Template) -> Answer {
        page_with(context, template, &self.csp())
    }

    /// Back to the one question.
    pub fn go_on(&self, context: &Context) -> Response {
        context.redirect(&paths::for_request(paths::CONTINUE, &self.id))
    }

    /// The person has just shown who they are, for this request.
    pub async fn signed_in(&mut self, context: &Context, person: PersonId) -> Result<(), Fault> {
        self.pending.signed_in_by = Some(person);
        detour::update(&context.app.ephemeral, &context.moment, &self.id, &self.pending).await
    }

    /// The person leaves the way: the client is told.
    pub async fn leave(mut self, context: &Context, left: Left) -> Answer {
        self.pending.left = Some(left);
        detour::update(&context.app.ephemeral, &context.moment, &self.id, &self.pending).await?;
        Ok(self.go_on(context))
    }
}

/// Why nothing waits here any more, with the way to begin again.
async fn over(context: &Context, (id, browser): (&RequestId, &str)) -> Result<Problem, Fault> {
    if pending::was_elsewhere(&context.app.ephemeral, &context.moment, (id, browser)).await? {
        return Ok(Problem::Answered);
    }
    Ok(entrance::named(context).await?.map_or(Problem::Expired, Problem::ExpiredFrom))
}
