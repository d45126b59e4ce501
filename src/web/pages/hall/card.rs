//! The card is read, or entered by hand.

use askama::Template;

use super::bar::DeskBar;
use crate::base::id::VisitId;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Choice, Field, FormErrors};
use crate::web::messages::{HallCard, HallDesk};

/// What is wrong with the card as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardProblem {
    /// The reading's signature, nonce or age does not fit.
    BadReading,
    Expired,
    /// Not the card of the person who made the visit.
    AnotherPerson,
    /// The person has another visit under way.
    VisitOpen,
    NoTriesLeft,
}

/// The form for entry by hand.
#[derive(Debug, Clone, Default)]
pub struct ManualEntry {
    pub id_types: Vec<Choice>,
    pub id_type: Field,
    pub id_number: Field,
    pub id_number_again: Field,
    pub name: Field,
    /// `2036-05-01`, or the word for no end.
    pub valid_until: Field,
}

/// `data-page="hall-card"`: posts `reading` (a JWS from the reader bridge), or `entry=manual`, `id_type`, `id_number`,
/// `id_number_again`, `name`, `valid_until`; with `csrf`, to `/hall/visits/{id}/card`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/card.html")]
pub struct HallCardPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub visit: VisitId,
    /// The reader bridge on the clerk's machine; the script adds `?nonce=`.
    pub reader_url: String,
    pub reader_nonce: String,
    pub manual: ManualEntry,
    pub problem: Option<CardProblem>,
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

    fn errors(&self) -> FormErrors {
        let (m, form) = (self.m(), &self.manual);
        let problem = self.problem.map(|problem| match problem {
            CardProblem::BadReading => m.reader_bad(),
            CardProblem::Expired => m.expired(),
            CardProblem::AnotherPerson => m.another_person(),
            CardProblem::VisitOpen => m.visit_open(),
            CardProblem::NoTriesLeft => m.tries_used(),
        });
        FormErrors::new()
            .and("read", problem.map(str::to_owned))
            .and_field("id_type", &form.id_type)
            .and_field("id_number", &form.id_number)
            .and_field("id_number_again", &form.id_number_again)
            .and_field("name", &form.name)
            .and_field("valid_until", &form.valid_until)
    }

    /// The form by hand stays open while it holds something.
    fn is_manual_open(&self) -> bool {
        let form = &self.manual;
        [&form.id_number, &form.id_number_again, &form.name, &form.valid_until, &form.id_type]
            .iter()
            .any(|field| field.error.is_some())
    }
}
