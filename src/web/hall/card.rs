//! Reading the card: by the reader at the clerk's machine, or entered by hand.

use http::StatusCode;
use url::Url;

use super::held::{Deed, Held};
use super::{place, release, typed};
use crate::base::{Fault, Locale};
use crate::hall::card::{self, CardRefusal, HandEntry, Source};
use crate::hall::{Answer as Stepped, State};
use crate::http::context::Context;
use crate::http::csp::Csp;
use crate::http::form::Form;
use crate::http::paths;
use crate::identity::{DocumentProblem, IdType, NameProblem};
use crate::web::answer::{Answer, chrome, page_with};
use crate::web::form::{Choice, Field};
use crate::web::messages::HallCard;
use crate::web::pages::hall::{Entry, HallCardPage, ManualEntry};

/// What the page shows beside its frame.
struct Shown {
    manual: ManualEntry,
    entry: Entry,
    problem: Option<String>,
    status: StatusCode,
}

/// Where a refusal stands.
enum Noted {
    Beside,
    OfTheCard,
}

/// Longer input is cut before it is shown again.
const LONGEST_SHOWN: usize = 200;
/// What clerks write where a card has no end, in any case of letters: the English word, and the one on the card itself.
const NO_END: [&str; 2] = ["long", "长期"];

pub async fn get(held: Held) -> Answer {
    let (manual, entry) = match typed::find_of_visit(&held, paths::HALL_CARD).await? {
        Some(form) => (filled(&form), Entry::Kept),
        None => (blank(), Entry::Fresh),
    };
    show(&held, Shown { manual, entry, problem: None, status: StatusCode::OK }).await
}

pub async fn post(deed: Deed) -> Answer {
    if deed.form.get("entry") == Some("manual") { by_hand(&deed).await } else { by_reader(&deed).await }
}

async fn by_reader(deed: &Deed) -> Answer {
    let context = deed.held.context();
    let signed = deed.form.get("reading").unwrap_or_default();
    let source = Source::Chip { readers: &context.app.readers, signed };
    match card::read(&context.app.db, &context.app.keys, &context.moment, (&deed.at(), source)).await? {
        Stepped::Done(_) => Ok(deed.held.to(paths::HALL_COMPARE)),
        Stepped::Refused(CardRefusal::Step(refusal)) => deed.refused(refusal),
        Stepped::Refused(refusal) => {
            let problem = of_the_card(&deed.held, &refusal).await?;
            show(&deed.held, Shown::refused(blank(), Some(problem))).await
        }
    }
}

async fn by_hand(deed: &Deed) -> Answer {
    let context = deed.held.context();
    let locale = context.locale;
    let mut manual = filled(&deed.form);
    if note_missing(&mut manual, locale) {
        return show(&deed.held, Shown::refused(manual, None)).await;
    }
    let until = deed.form.get("valid_until").filter(|text| !is_without_end(text));
    let entry = HandEntry {
        id_type: deed.form.get("id_type").unwrap_or_default(),
        id_number: deed.form.get("id_number").unwrap_or_default(),
        id_number_again: deed.form.get("id_number_again").unwrap_or_default(),
        name: deed.form.get("name").unwrap_or_default(),
        issuing_country: deed.form.get("issuing_country"),
        valid_until: until,
    };
    let source = Source::Hand(entry);
    match card::read(&context.app.db, &context.app.keys, &context.moment, (&deed.at(), source)).await? {
        Stepped::Done(_) => Ok(deed.held.to(paths::HALL_COMPARE)),
        Stepped::Refused(CardRefusal::Step(refusal)) => deed.refused(refusal),
        Stepped::Refused(refusal) => {
            let problem = match note_refusal(&mut manual, &refusal, locale) {
                Noted::Beside => None,
                Noted::OfTheCard => Some(of_the_card(&deed.held, &refusal).await?),
            };
            show(&deed.held, Shown::refused(manual, problem)).await
        }
    }
}

impl Shown {
    fn refused(manual: ManualEntry, problem: Option<String>) -> Self {
        Self { manual, entry: Entry::Fresh, problem, status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

fn is_without_end(text: &str) -> bool {
    NO_END.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

fn blank() -> ManualEntry {
    ManualEntry { id_type: Field::of(IdType::ResidentId.as_str()), ..ManualEntry::default() }
}

fn filled(form: &Form) -> ManualEntry {
    let field = |name: &str| {
        Field::of(form.get(name).unwrap_or_default().chars().take(LONGEST_SHOWN).collect::<String>())
    };
    ManualEntry {
        id_types: Vec::new(),
        id_type: field("id_type"),
        id_number: field("id_number"),
        id_number_again: field("id_number_again"),
        issuing_country: field("issuing_country"),
        name: field("name"),
        valid_until: field("valid_until"),
    }
}

/// Everything that is missing at once; whether anything is.
fn note_missing(manual: &mut ManualEntry, locale: Locale) -> bool {
    let fields = [
        (&mut manual.id_number, DocumentProblem::Empty.message(locale)),
        (&mut manual.id_number_again, HallCard(locale).number_again_missing()),
        (&mut manual.name, NameProblem::Empty.message(locale)),
        (&mut manual.valid_until, HallCard(locale).date_missing()),
    ];
    let mut missing = false;
    for (field, message) in fields {
        if field.value.is_empty() {
            field.error = Some(message.to_owned());
            missing = true;
        }
    }
    missing
}

/// What speaks of the card as a whole, or of the person.
async fn of_the_card(held: &Held, refusal: &CardRefusal) -> Result<String, Fault> {
    match refusal {
        CardRefusal::ServedElsewhere(Some(seat)) => place::serves(held, seat).await,
        _ => Ok(refusal.message(held.context().locale).to_owned()),
    }
}

/// Puts a refusal beside the field it speaks of, if it speaks of one.
fn note_refusal(manual: &mut ManualEntry, refusal: &CardRefusal, locale: Locale) -> Noted {
    use DocumentProblem::{CountryMissing, CountryUnknown};
    let message = refusal.message(locale);
    let (field, message) = match refusal {
        CardRefusal::UnknownKind => (&mut manual.id_type, message),
        CardRefusal::Document(CountryMissing | CountryUnknown) => (&mut manual.issuing_country, message),
        CardRefusal::Document(_) => (&mut manual.id_number, message),
        CardRefusal::NumbersDiffer => (&mut manual.id_number_again, message),
        CardRefusal::Name(_) => (&mut manual.name, message),
        CardRefusal::Date => (&mut manual.valid_until, HallCard(locale).date_form()),
        CardRefusal::Expired => (&mut manual.valid_until, message),
        _ => return Noted::OfTheCard,
    };
    field.error = Some(message.to_owned());
    Noted::Beside
}

async fn show(held: &Held, shown: Shown) -> Answer {
    let context = held.context();
    if held.visit.state_at(context.moment.now) != State::AtCounter {
        return Ok(held.onward());
    }
    let kinds = IdType::ALL.map(|kind| Choice::new(kind.as_str(), kind.label(context.locale)));
    let drawn = HallCardPage {
        chrome: chrome(context),
        bar: held.seated.bar().await?,
        visit: held.visit.id.clone(),
        version: held.visit.version,
        samples_href: is_simulated(context).then(|| paths::SANDBOX_READER.to_owned()),
        reader_url: reader(context),
        reader_nonce: card::nonce(&context.app.keys, &held.visit.id, held.visit.version),
        manual: ManualEntry { id_types: kinds.to_vec(), ..shown.manual },
        entry: shown.entry,
        problem: shown.problem,
        leaving: release::leaving(held),
    };
    let mut response = page_with(context, &drawn, &csp(context))?;
    *response.status_mut() = shown.status;
    Ok(response)
}

/// The bridge of the windows; in the sandbox, without one, the simulated reader.
fn reader(context: &Context) -> Option<String> {
    let simulated = is_simulated(context).then(|| paths::SANDBOX_READER_CARD.to_owned());
    context.app.settings.reader_url.as_ref().map(Url::to_string).or(simulated)
}

fn is_simulated(context: &Context) -> bool {
    let settings = &context.app.settings;
    settings.sandbox && settings.reader_url.is_none()
}

fn csp(context: &Context) -> Csp {
    match &context.app.settings.reader_url {
        Some(url) => Csp::strict().connect_to(url.origin().ascii_serialization()),
        None => Csp::strict(),
    }
}
