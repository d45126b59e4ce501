//! The clerk compares the person with the card and decides.

use askama::Template;

use super::bar::DeskBar;
use super::card::{Entry, Leaving};
use crate::base::id::VisitId;
use crate::http::paths;
use crate::identity::IdType;
use crate::web::chrome::Chrome;
use crate::web::form::{Choice, Field, FormErrors};
use crate::web::messages::{HallCard, HallCompare, HallDesk};

/// How the card's data came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadBy {
    #[default]
    Reader,
    Hand,
}

/// What the chip said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chip {
    #[default]
    Genuine,
    Unread,
}

/// Whether the person has an online account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountKnown {
    #[default]
    No,
    Yes,
}

/// The document on record, where it is not the one shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherDocument {
    /// Its number, masked.
    Number(String),
    /// What people call its kind.
    Kind(&'static str),
}

/// The card as the clerk sees it.
#[derive(Debug, Clone, Default)]
pub struct CardPreview {
    pub kind: String,
    /// What shows that a document of this kind is genuine: [`look_for`].
    pub look_for: &'static str,
    /// Who issued a passport.
    pub country: Option<&'static str>,
    pub name: String,
    /// Masked; whole only where it was typed by hand and wants a second look.
    pub number: String,
    pub birth_date: Option<String>,
    pub sex: Option<String>,
    pub issuer: Option<String>,
    pub valid_from: Option<String>,
    /// A date, or the word for no end.
    pub valid_until: String,
    pub chip: Chip,
    pub read_by: ReadBy,
    pub account: AccountKnown,
    /// The name on record, masked, where it is not the one on the card.
    pub other_name: Option<String>,
    pub other_document: Option<OtherDocument>,
    /// What to look at once more.
    pub advisories: Vec<&'static str>,
}

/// What the clerk looks at to tell a genuine document of this kind.
pub fn look_for(m: HallCompare, kind: IdType) -> &'static str {
    match kind {
        IdType::ResidentId
        | IdType::ResidencePermitHk
        | IdType::ResidencePermitMo
        | IdType::ResidencePermitTw => m.resident_hint(),
        IdType::ForeignPr => m.foreign_hint(),
        IdType::ForeignPrOld => m.foreign_old_hint(),
        IdType::HkmoTravelPermit | IdType::TwTravelPermit => m.permit_hint(),
        IdType::Passport => m.passport_hint(),
    }
}

/// `data-page="hall-compare"`: posts `document`, `face`, `holder` (each `pass`, `fail` or `cannot_tell`), `second_look=yes`
/// for an entry by hand, `reason`, and `decision` = `pass`, `fail_retryable` or `fail_final`; with `version` and `csrf`, to
/// `/hall/visits/{id}/decide`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/compare.html")]
pub struct HallComparePage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub visit: VisitId,
    /// Which state of the visit the page was made from.
    pub version: i64,
    pub card: CardPreview,
    /// Error texts of all fields in `messages::HallCompare`.
    pub document: Field,
    pub face: Field,
    pub holder: Field,
    /// `yes` when ticked.
    pub second_look: Field,
    pub reason: Field,
    pub reasons: Vec<Choice>,
    /// An error of the decision itself.
    pub decision: Field,
    pub entry: Entry,
    pub leaving: Leaving,
}

/// One check as the template lays it out.
struct Check<'a> {
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    field: &'a Field,
    answers: [(&'static str, &'static str); 3],
}

impl HallComparePage {
    fn m(&self) -> HallCompare {
        HallCompare(self.chrome.locale)
    }

    fn c(&self) -> HallCard {
        HallCard(self.chrome.locale)
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn is_kept(&self) -> bool {
        self.entry == Entry::Kept
    }

    fn is_by_hand(&self) -> bool {
        self.card.read_by == ReadBy::Hand
    }

    fn has_account(&self) -> bool {
        self.card.account == AccountKnown::Yes
    }

    /// What becomes of the name on record.
    fn name_becomes(&self) -> &'static str {
        if self.has_account() { self.m().name_waits() } else { self.m().name_follows() }
    }

    fn document_differs(&self, other: &OtherDocument) -> &'static str {
        match other {
            OtherDocument::Number(_) => self.m().other_number(),
            OtherDocument::Kind(_) => self.m().other_kind(),
        }
    }

    fn document_on_record(&self, other: &OtherDocument) -> String {
        match other {
            OtherDocument::Number(masked) => self.m().number_on_record(masked),
            OtherDocument::Kind(kind) => self.m().kind_on_record(kind),
        }
    }

    /// What becomes of the document on record.
    fn document_becomes(&self) -> &'static str {
        if self.has_account() { self.m().document_waits() } else { self.m().document_follows() }
    }

    fn by_hand_warning(&self) -> &'static str {
        match self.card.country {
            Some(_) => self.m().by_hand_warning_passport(),
            None => self.m().by_hand_warning(),
        }
    }

    fn chip(&self) -> &'static str {
        match self.card.chip {
            Chip::Genuine => self.m().chip_genuine(),
            Chip::Unread => self.m().chip_unread(),
        }
    }

    fn validity(&self) -> String {
        match &self.card.valid_from {
            Some(from) => self.m().valid(from, &self.card.valid_until),
            None => self.card.valid_until.clone(),
        }
    }

    fn checks(&self) -> [Check<'_>; 3] {
        let m = self.m();
        let answers = [("pass", m.pass()), ("fail", m.fail()), ("cannot_tell", m.cannot_tell())];
        [
            Check {
                id: "document",
                title: m.document(),
                hint: self.card.look_for,
                field: &self.document,
                answers,
            },
            Check { id: "face", title: m.face(), hint: m.face_hint(), field: &self.face, answers },
            Check { id: "holder", title: m.holder(), hint: m.holder_hint(), field: &self.holder, answers },
        ]
    }

    fn errors(&self) -> FormErrors {
        let of_check =
            |check: &Check<'_>| check.field.error().map(|error| self.m().of_check(check.title, error));
        let [document, face, holder] = self.checks().each_ref().map(of_check);
        FormErrors::new()
            .and("document-pass", document)
            .and("face-pass", face)
            .and("holder-pass", holder)
            .and_field("second_look", &self.second_look)
            .and_field("reason", &self.reason)
            .and_field("decision", &self.decision)
    }
}
