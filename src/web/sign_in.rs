//! Signing in with a password, on the way through a request or for one's own pages.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::answer::{Answer, chrome_of, page};
use super::chrome::Chrome;
use super::pages::{SignInPage, SignInProblem, SignInTab, WhyAgain};
use super::way::Way;
use crate::base::{Fault, Secret};
use crate::grant::pending::Left;
use crate::http::address::Query;
use crate::http::browser_state;
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::identity::store::account::{self, Account};
use crate::session::ending::{self, Ending, Reason};
use crate::session::proof::Method;
use crate::session::sso::{self, Opened, SignedIn};
use crate::session::{Proof, Session};
use crate::signin::known_browser;
use crate::signin::password::{self, Outcome, Parts};
use crate::storage::Tx;

/// Begins anew with each sign-in.
const KNOWN_SECONDS: i64 = 365 * 24 * 3600;

#[derive(Deserialize, Default)]
pub struct Asked {
    request: Option<String>,
    next: Option<String>,
    #[serde(rename = "as")]
    tab: Option<String>,
}

/// What the page shows beside its frame.
struct Shown {
    way: Option<Way>,
    next: Option<String>,
    tab: SignInTab,
    username: String,
    problem: Option<SignInProblem>,
}

pub async fn get(mut context: Context, Query(asked): Query<Asked>) -> Answer {
    let way = Way::optional(&mut context, asked.request.as_deref()).await?;
    let session = context.session().await?;
    if way.is_none() && session.is_some() {
        return Ok(context.redirect(&next_or_account(asked.next.as_deref())));
    }
    let hint = way.as_ref().and_then(|way| way.pending.request.login_hint.as_ref());
    let shown = Shown {
        username: hint.map(|hint| hint.expose().to_owned()).unwrap_or_default(),
        next: asked.next.as_deref().and_then(own_path),
        tab: tab(asked.tab.as_deref()),
        problem: None,
        way,
    };
    show(&context, session.as_ref(), &shown).await
}

pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let way = Way::optional(&mut context, form.get("request")).await?;
    let next = form.get("next").and_then(own_path);
    if form.get("action") == Some("cancel") {
        return match way {
            Some(way) => way.leave(&context, Left::SignIn).await,
            None => Ok(context.redirect(paths::HOME)),
        };
    }
    let session = context.session().await?;
    let mut shown = Shown {
        way,
        next,
        tab: tab(form.get("as")),
        username: form.get("username").unwrap_or_default().to_owned(),
        problem: None,
    };
    let password = form.raw("password").unwrap_or_default();
    shown.problem = missing(&shown.username, password);
    if shown.problem.is_some() {
        return show(&context, session.as_ref(), &shown).await;
    }
    match try_password(&context, &shown.username, password).await? {
        Ok(account) => {
            open(&mut context, session.as_ref(), &account).await?;
            remember(&mut context, &shown.username);
            if let Some(way) = &mut shown.way {
                way.signed_in(&context, account.person).await?;
            }
            Ok(onward(&context, &shown))
        }
        Err(problem) => {
            shown.problem = Some(problem);
            show(&context, session.as_ref(), &shown).await
        }
    }
}

/// Opens or renews the browser's session. A session of somebody else ends first, and its clients are told.
pub async fn open(context: &mut Context, present: Option<&Session>, account: &Account) -> Result<(), Fault> {
    let mut tx = context.app.db.begin().await?;
    let opened = open_in(&mut tx, context, present, account).await?;
    tx.commit().await?;
    opened_now(context, &opened);
    Ok(())
}

/// The same in the caller's transaction; after its commit comes `opened_now`.
pub async fn open_in(
    tx: &mut Tx,
    context: &Context,
    present: Option<&Session>,
    account: &Account,
) -> Result<Opened, Fault> {
    let (app, moment) = (&context.app, &context.moment);
    if let Some(other) = present.filter(|session| session.person != account.person) {
        let ending = Ending {
            keys: &app.keys,
            clients: &app.clients,
            person: &other.person,
            reason: Reason::OtherPerson,
        };
        ending::end(tx, moment, &other.id, &ending).await?;
    }
    let signed_in = SignedIn {
        person: &account.person,
        account: &account.id,
        proof: Proof { method: Method::Password, at: moment.now },
        device: context.device(),
        lifetime: app.settings.session_lifetime,
    };
    sso::sign_in(tx, moment, present, &signed_in).await
}

/// The session is there: the browser gets its key, and who was told to leave hears of it.
pub fn opened_now(context: &mut Context, opened: &Opened) {
    context.app.wake.ring();
    metrics::counter!("tongyao_sign_ins_total", "result" => "signed_in").increment(1);
    keep(context, opened);
}

/// Gives the session a new secret: with what it has gained, the old one must not be worth more than before.
pub async fn renew(context: &mut Context, session: &Session) -> Result<(), Fault> {
    let app = context.app.clone();
    let mut tx = app.db.begin().await?;
    let renewed = sso::renew(&mut tx, &context.moment, session, None).await?;
    tx.commit().await?;
    // One that has ended meanwhile gains nothing; the next page asks to sign in.
    if let Some(opened) = renewed {
        keep(context, &opened);
    }
    Ok(())
}

fn keep(context: &mut Context, opened: &Opened) {
    let seconds = opened.session.expires_at.since(context.moment.now).as_secs();
    let seconds = i64::try_from(seconds).ok();
    context.set_cookie(Cookie::Session, &opened.secret, seconds);
    browser_state::signed_in(context, &opened.secret, seconds);
}

/// The browser is known by this name from now on.
fn remember(context: &mut Context, username: &str) {
    let keys = &context.app.keys;
    let name = account::sign_in_key(keys, username.trim());
    let carried = known_browser::learn(&keys.mac, &context.moment, context.cookie(Cookie::Known), &name);
    context.set_cookie(Cookie::Known, &carried, Some(KNOWN_SECONDS));
}

async fn try_password(
    context: &Context,
    username: &str,
    password: &str,
) -> Result<Result<Account, SignInProblem>, Fault> {
    let app = &context.app;
    let parts = Parts { db: &app.db, ephemeral: &app.ephemeral, keys: &app.keys, passwords: &app.passwords };
    let typed = (username, context.cookie(Cookie::Known));
    let outcome = password::try_password(&parts, &context.moment, typed, Secret::new(password)).await?;
    let (problem, result) = match outcome {
        Outcome::Proven(account) => return Ok(Ok(account)),
        Outcome::Wrong => (SignInProblem::WrongNameOrPassword, "wrong"),
        Outcome::Throttled { wait } => (SignInProblem::TooManyTries { seconds: wait }, "throttled"),
        Outcome::Busy { .. } => (SignInProblem::Busy, "busy"),
    };
    metrics::counter!("tongyao_sign_ins_total", "result" => result).increment(1);
    Ok(Err(problem))
}

fn missing(username: &str, password: &str) -> Option<SignInProblem> {
    match (username.is_empty(), password.is_empty()) {
        (true, true) => Some(SignInProblem::NothingTyped),
        (true, false) => Some(SignInProblem::NoUsername),
        (false, true) => Some(SignInProblem::NoPassword),
        (false, false) => None,
    }
}

async fn show(context: &Context, session: Option<&Session>, shown: &Shown) -> Answer {
    let own = chrome_of(context, session).await?;
    let drawn = SignInPage {
        chrome: match &shown.way {
            Some(way) => Chrome { signed_in: own.signed_in, ..way.chrome(context) },
            None => own,
        },
        request: shown.way.as_ref().map(|way| way.id.to_string()),
        next: shown.next.clone(),
        asker: shown.way.as_ref().map(|way| way.asker(context)).unwrap_or_default(),
        tab: shown.tab,
        again: if session.is_some() { WhyAgain::Reauthentication } else { WhyAgain::FirstTime },
        username: shown.username.clone(),
        problem: shown.problem,
    };
    let mut response = match &shown.way {
        Some(way) => way.page(context, &drawn),
        None => page(context, &drawn),
    }?;
    let (status, wait) = match shown.problem {
        None => (StatusCode::OK, None),
        Some(SignInProblem::TooManyTries { seconds }) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
        Some(SignInProblem::Busy) => (StatusCode::SERVICE_UNAVAILABLE, Some(2)),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    *response.status_mut() = status;
    if let Some(wait) = wait {
        response.headers_mut().insert(http::header::RETRY_AFTER, wait.into());
    }
    Ok(response)
}

fn onward(context: &Context, shown: &Shown) -> Response {
    match (&shown.way, &shown.next) {
        // A page that stands on the way itself and has sent here comes first.
        (_, Some(next)) => context.redirect(&next_or_account(Some(next))),
        (Some(way), None) => way.go_on(context),
        (None, None) => context.redirect(&next_or_account(None)),
    }
}

fn next_or_account(next: Option<&str>) -> String {
    next.and_then(own_path).unwrap_or_else(|| paths::ACCOUNT.to_owned())
}

/// A path of ours: one slash at the start, nothing that a browser could read as another host or a line end.
fn own_path(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    (plain && text.len() <= 512 && text.starts_with('/') && !text.starts_with("//")).then(|| text.to_owned())
}

fn tab(word: Option<&str>) -> SignInTab {
    if word == Some("enterprise") { SignInTab::Enterprise } else { SignInTab::Personal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        for good in ["/account/", "/account/visit?x=1", "/"] {
            assert_eq!(own_path(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "javascript:x",
            "/ x",
        ] {
            assert_eq!(own_path(bad), None, "{bad}");
        }
    }
}
