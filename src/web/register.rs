//! Creating an account with the code on the slip from a window.

mod details;
pub mod done;
mod kept;

use axum::response::Response;
use chrono::NaiveDate;
use http::StatusCode;
use http::header::RETRY_AFTER;

use super::account::citizen::Citizen;
use super::answer::{self, Answer, page};
use super::chrome::Chrome;
use super::form::Field;
use super::messages;
use super::pages::{
    Guardian, Kept, RegisterDetails, RegisterPage, RegisterProblem, RegisterStep, sign_in_and_back,
};
use super::sign_in;
use super::sign_out;
use super::way::Way;
use crate::base::Fault;
use crate::crypto::password::HashProblem;
use crate::hall;
use crate::hall::slip::{self, Continuation, ContinuationRefusal, Redeemed, Registration, Standing};
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::form::Form;
use crate::http::paths;
use crate::identity::store::account::Account;
use crate::identity::store::person::{self, Person, StoredDocument};
use crate::session::Session;
use crate::storage::Tx;
use details::Wish;

/// Longer input is not shown again: no code is so long.
const MOST_SHOWN: usize = 64;
/// Below this age a guardian has to agree to the account (Personal Information Protection Law, Article 31).
const CHILD_BELOW: u32 = 14;
/// The step that only shows what came of the code.
const LOOK: &str = "look";
/// What it is sent with.
const AGAIN: [&str; 4] = ["request", "continuation_code", "login_name", "phone"];
/// Seconds to wait when the password pool is full.
const BUSY_SECONDS: u64 = 2;

/// Whoever opens the page, signed in or not.
struct Visitor {
    context: Context,
    session: Option<Session>,
    way: Option<Way>,
    chrome: Chrome,
}

pub async fn get(mut context: Context) -> Answer {
    let way = Way::of_address(&mut context).await?;
    let visitor = Visitor::of(context, way).await?;
    let kept = match &visitor.session {
        Some(session) => kept::find(&visitor.context, session).await?,
        None => None,
    };
    let step = match kept {
        Some(code) => RegisterStep::Code { continuation_code: Field::of(code), kept: Kept::Code },
        None => code_step(Field::default()),
    };
    visitor.show(step, None)
}

/// `step` is `code` or `create`, or `look` where a switch shows what came of the code once more. The code is looked at in all.
/// `action=switch` says that the code is for somebody else than who is signed in.
pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let way = Way::if_waiting(&mut context, form.get("request")).await?;
    let mut visitor = Visitor::of(context, way).await?;
    visitor.chrome.typed = typed_again(&form);
    if form.get("action") == Some("switch") {
        return visitor.switch().await;
    }
    let app = visitor.context.app.clone();
    let typed = form.get("continuation_code").unwrap_or_default();
    if let Some(seconds) = slip::GUESSES.wait(&app.ephemeral, &visitor.context.moment).await? {
        return visitor.show(code_step(shown(typed)), Some(RegisterProblem::TooManyTries { seconds }));
    }
    let continuation = match slip::look(&app.db, &app.keys, &visitor.context.moment, typed).await? {
        hall::Answer::Done(continuation) => continuation,
        hall::Answer::Refused(refusal) => return visitor.refuse_code(typed, refusal).await,
    };
    if let Some(seconds) = slip::GUESSES.count(&app.ephemeral, &visitor.context.moment, 0).await? {
        return visitor.show(code_step(shown(typed)), Some(RegisterProblem::TooManyTries { seconds }));
    }
    match (continuation.account, form.get("step")) {
        (Standing::HasAccount, Some(LOOK)) => {
            let problem = (!visitor.is_of(&continuation)).then(|| visitor.not_theirs());
            visitor.show(code_step(shown(typed)), problem)
        }
        (Standing::HasAccount, _) => visitor.bind(typed, &continuation).await,
        (Standing::NoAccount, Some("create")) => visitor.create(typed, &continuation, &form).await,
        (Standing::NoAccount, _) => {
            let person = visitor.person(&continuation).await?;
            let mut details = of_person(typed, &person, visitor.today())?;
            details.login_name = shown(form.get("login_name").unwrap_or_default());
            details.phone = shown(form.get("phone").unwrap_or_default());
            visitor.show(RegisterStep::Details(Box::new(details)), None)
        }
    }
}

impl Visitor {
    async fn of(context: Context, way: Option<Way>) -> Result<Self, Fault> {
        let chrome = way.as_ref().map_or_else(|| answer::chrome(&context), |way| way.chrome(&context));
        Ok(match Citizen::find(context).await? {
            Ok(citizen) => {
                let chrome = Chrome { signed_in: citizen.chrome().signed_in, ..chrome };
                Self { context: citizen.context, session: Some(citizen.session), way, chrome }
            }
            Err(context) => Self { context, session: None, way, chrome },
        })
    }

    /// Whether the slip is that of whoever is signed in.
    fn is_of(&self, continuation: &Continuation) -> bool {
        self.session.as_ref().is_some_and(|session| session.person == continuation.person)
    }

    /// Signs this browser out, and comes back by the sign-in: whoever is signed in would be led past it. The code was kept
    /// when it was refused.
    async fn switch(mut self) -> Answer {
        if let Some(session) = self.session.take() {
            sign_out::leave_all(&mut self.context, &session).await?;
        }
        let request = self.way.as_ref().map(|way| way.id.to_string());
        Ok(self.context.redirect(&sign_in_and_back(request.as_deref())))
    }

    /// What is said of the slip of somebody who has an account and is not the one signed in.
    fn not_theirs(&self) -> RegisterProblem {
        match self.session {
            Some(_) => RegisterProblem::AccountOfAnother,
            None => RegisterProblem::AccountExists,
        }
    }

    /// The person has an account: in it, the proof is bound to it; outside, they sign in first.
    async fn bind(mut self, typed: &str, continuation: &Continuation) -> Answer {
        let own = self.session.clone().filter(|_| self.is_of(continuation));
        let Some(session) = own else {
            kept::keep(&self.context, typed).await?;
            let problem = self.not_theirs();
            return self.show(code_step(shown(typed)), Some(problem));
        };
        let (app, who) = (&self.context.app, (&session.person, &session.account));
        match slip::redeem(&app.db, &app.keys, &self.context.moment, typed, who).await? {
            hall::Answer::Done(_) => {
                kept::forget(&self.context).await?;
                sign_in::renew(&mut self.context, &session).await?;
                Ok(self.go(paths::ACCOUNT_VISIT))
            }
            hall::Answer::Refused(refusal) => self.refuse_code(typed, refusal).await,
        }
    }

    async fn create(self, typed: &str, continuation: &Continuation, form: &Form) -> Answer {
        let person = self.person(continuation).await?;
        let mut details = of_person(typed, &person, self.today())?;
        let own = own_words(&person, self.today());
        let Some(wish) = details::read(self.context.locale, (form, &own), &mut details) else {
            return self.show(RegisterStep::Details(Box::new(details)), None);
        };
        let Some(hash) = self.hash(&wish).await? else {
            return self.show(RegisterStep::Details(Box::new(details)), Some(RegisterProblem::Busy));
        };
        let registration = Registration {
            code: typed,
            password_hash: &hash,
            phone: wish.phone.as_ref(),
            login_name: wish.login_name.as_ref(),
        };
        let app = &self.context.app;
        let mut tx = app.db.begin().await?;
        match slip::register(&mut tx, &app.keys, &self.context.moment, &registration).await? {
            hall::Answer::Done(redeemed) => self.welcome(tx, redeemed).await,
            hall::Answer::Refused(refusal) => {
                drop(tx);
                self.refuse_details(typed, refusal, details).await
            }
        }
    }

    /// The password was set a moment ago by whoever holds the slip: that is the proof the session begins with. One
    /// transaction: an account whose owner was answered with a fault would refuse the slip at the next try.
    async fn welcome(mut self, mut tx: Tx, redeemed: Redeemed) -> Answer {
        let account = Account { id: redeemed.account, person: redeemed.person, password_hash: None };
        let opened = sign_in::open_in(&mut tx, &self.context, self.session.as_ref(), &account).await?;
        tx.commit().await?;
        sign_in::opened_now(&mut self.context, &opened);
        if let Some(way) = &mut self.way {
            way.signed_in(&self.context, account.person).await?;
        }
        Ok(self.go(paths::REGISTERED))
    }

    /// The hash of the new password; nothing when too many wait for theirs.
    async fn hash(&self, wish: &Wish) -> Result<Option<String>, Fault> {
        let hashed = self.context.app.passwords.hash(&*self.context.moment.random, wish.password.clone());
        match hashed.await {
            Ok(hash) => Ok(Some(hash)),
            Err(HashProblem::Busy { .. }) => Ok(None),
            Err(HashProblem::Fault(fault)) => Err(fault),
        }
    }

    fn today(&self) -> NaiveDate {
        self.context.moment.now.date()
    }

    async fn person(&self, continuation: &Continuation) -> Result<Person, Fault> {
        let (app, id) = (&self.context.app, &continuation.person);
        person::find(&mut app.db.read(), &app.keys, id)
            .await?
            .ok_or_else(|| Fault::inconsistent("person", id.as_str(), "gone while a slip waits"))
    }

    /// A typing error is named; whether a well-formed code was ever one is not told.
    async fn refuse_code(self, typed: &str, refusal: ContinuationRefusal) -> Answer {
        let locale = self.context.locale;
        if let Some(seconds) =
            slip::GUESSES.count(&self.context.app.ephemeral, &self.context.moment, 1).await?
        {
            return self.show(code_step(shown(typed)), Some(RegisterProblem::TooManyTries { seconds }));
        }
        let message = match refusal {
            ContinuationRefusal::Code(problem) => problem.message(locale),
            ContinuationRefusal::AnotherPerson => refusal.message(locale),
            _ => messages::Register(locale).code_wrong(),
        };
        self.show(code_step(Field { error: Some(message.to_owned()), ..shown(typed) }), None)
    }

    async fn refuse_details(
        self,
        typed: &str,
        refusal: ContinuationRefusal,
        mut details: RegisterDetails,
    ) -> Answer {
        let message = refusal.message(self.context.locale).to_owned();
        match refusal {
            ContinuationRefusal::PhoneTaken => details.phone.error = Some(message),
            ContinuationRefusal::LoginNameTaken => details.login_name.error = Some(message),
            ContinuationRefusal::HasAccount => {
                return self.show(code_step(shown(typed)), Some(RegisterProblem::AccountExists));
            }
            _ => return self.refuse_code(typed, refusal).await,
        }
        self.show(RegisterStep::Details(Box::new(details)), None)
    }

    fn show(self, step: RegisterStep, problem: Option<RegisterProblem>) -> Answer {
        let request = self.way.as_ref().map(|way| way.id.to_string());
        let drawn = RegisterPage { chrome: self.chrome, request, step, problem };
        let mut response = page(&self.context, &drawn)?;
        let (status, wait) = match problem {
            Some(RegisterProblem::TooManyTries { seconds }) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
            Some(RegisterProblem::Busy) => (StatusCode::SERVICE_UNAVAILABLE, Some(BUSY_SECONDS)),
            Some(RegisterProblem::AccountExists | RegisterProblem::AccountOfAnother) => {
                (StatusCode::CONFLICT, None)
            }
            None if drawn.is_refused() => (StatusCode::UNPROCESSABLE_ENTITY, None),
            None => (StatusCode::OK, None),
        };
        *response.status_mut() = status;
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, wait.into());
        }
        Ok(response)
    }

    /// To a page of ours that knows of the request.
    fn go(&self, page: &str) -> Response {
        match &self.way {
            Some(way) => self.context.redirect(&paths::for_request(page, &way.id)),
            None => self.context.redirect(page),
        }
    }
}

fn of_person(typed: &str, person: &Person, today: NaiveDate) -> Result<RegisterDetails, Fault> {
    let document = person.primary()?;
    let age = births(person, today).filter_map(|born| today.years_since(born)).max();
    Ok(RegisterDetails {
        continuation_code: typed.to_owned(),
        name_masked: person.masked_name(),
        document_masked: document.masked_number(),
        id_type: Some(document.kind),
        guardian: match age {
            Some(age) if age < CHILD_BELOW => Guardian::Agrees,
            _ => Guardian::NotNeeded,
        },
        ..Default::default()
    })
}

/// What others may know of a person and try as a password.
fn own_words(person: &Person, today: NaiveDate) -> Vec<String> {
    let numbers = person.documents.iter().map(|document| document.number.clone());
    numbers.chain(births(person, today).map(|date| date.format("%Y%m%d").to_string())).collect()
}

/// As the documents say it, where they do.
fn births(person: &Person, today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let born = move |document: &StoredDocument| document.parsed(today)?.birth_date();
    person.documents.iter().filter_map(born)
}

/// What the switches send again: never a password, and nothing that would do more than show the page.
fn typed_again(form: &Form) -> Vec<(&'static str, String)> {
    let given = AGAIN.into_iter().filter_map(|name| Some((name, shown(form.get(name)?).value)));
    [("step", LOOK.to_owned())].into_iter().chain(given).collect()
}

fn code_step(continuation_code: Field) -> RegisterStep {
    RegisterStep::Code { continuation_code, kept: Kept::Nothing }
}

fn shown(typed: &str) -> Field {
    Field::of(typed.chars().take(MOST_SHOWN).collect::<String>())
}
