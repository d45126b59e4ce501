//! The card is read, or entered by hand.

use askama::Template;

use super::bar::DeskBar;
use crate::base::id::VisitId;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Choice, Field, FormErrors};
use crate::web::messages::{HallCard, HallDesk};

/// What becomes of a visit that is left without a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leaving {
    /// Any window of the hall can take it again.
    #[default]
    PutsBack,
    /// Nobody is known who could wait.
    Ends,
}

impl Leaving {
    /// The button's text.
    pub(super) fn label(self, m: HallCard) -> &'static str {
        match self {
            Leaving::PutsBack => m.release(),
            Leaving::Ends => m.end(),
        }
    }
}

/// Whether the page shows again what was typed before the clerk had to sign in, or say at which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entry {
    #[default]
    Fresh,
    Kept,
}

/// The form for entry by hand.
#[derive(Debug, Clone, Default)]
pub struct ManualEntry {
    pub id_types: Vec<Choice>,
    pub id_type: Field,
    pub id_number: Field,
    pub id_number_again: Field,
    /// Of a passport: three letters.
    pub issuing_country: Field,
    pub name: Field,
    /// `2036-05-01`, or the word for no end.
    pub valid_until: Field,
}

/// `data-page="hall-card"`: posts `reading` (a JWS from the reader bridge), or `entry=manual`, `id_type`, `id_number`,
/// `id_number_again`, `issuing_country` (passports), `name`, `valid_until`; with `version` and `csrf`, to
/// `/hall/visits/{id}/card`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/card.html")]
pub struct HallCardPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub visit: VisitId,
    /// Which state of the visit the page was made from.
    pub version: i64,
    /// The reader bridge on the clerk's machine; the script adds `?nonce=`. None where no reader is set up.
    pub reader_url: Option<String>,
    pub reader_nonce: String,
    /// Where a sample card is laid on the simulated reader, if that is the reader.
    pub samples_href: Option<String>,
    pub manual: ManualEntry,
    pub entry: Entry,
    /// What is wrong with the card as a whole.
    pub problem: Option<String>,
    pub leaving: Leaving,
}

impl HallCardPage {
    fn m(&self) -> HallCard {
        HallCard(self.chrome.locale)
    }

    /// The texts of the line of steps, which every page of a visit shows.
    fn c(&self) -> HallCard {
        self.m()
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn is_kept(&self) -> bool {
        self.entry == Entry::Kept
    }

    fn errors(&self) -> FormErrors {
        let form = &self.manual;
        FormErrors::new()
            .and("card", self.problem.clone())
            .and_field("id_type", &form.id_type)
            .and_field("id_number", &form.id_number)
            .and_field("id_number_again", &form.id_number_again)
            .and_field("issuing_country", &form.issuing_country)
            .and_field("name", &form.name)
            .and_field("valid_until", &form.valid_until)
    }

    /// The form by hand stays open while it holds something, and where there is no reader.
    fn is_manual_open(&self) -> bool {
        let form = &self.manual;
        let fields =
            [&form.id_number, &form.id_number_again, &form.issuing_country, &form.name, &form.valid_until];
        self.reader_url.is_none()
            || form.id_type.error.is_some()
            || fields.iter().any(|field| field.error.is_some() || !field.value.is_empty())
    }
}
