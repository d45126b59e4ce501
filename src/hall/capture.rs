//! What was read from a card, kept sealed in the visit until the decision and wiped with it.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::base::id::VisitId;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::gateway::card_reader::Card;
use crate::identity::document::Advisory;
use crate::identity::normalise::{half_width, is_space};
use crate::identity::{Country, Document, IdType, PersonName, Sex, mask};
use crate::sql;
use crate::storage::{Run, Tx};

/// How the card came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The chip, read and signed by a registered reader.
    Chip,
    /// Typed by the clerk; wants a second look.
    ByHand,
}

/// A card that passed every rule.
#[derive(Clone)]
pub(super) struct Capture {
    pub(super) document: Document,
    pub(super) name: PersonName,
    pub(super) valid_from: Option<NaiveDate>,
    /// The last day it is valid; `None`: without end.
    pub(super) valid_until: Option<NaiveDate>,
    pub(super) issuer: Option<String>,
    pub(super) how: How,
    /// The reader's own name.
    pub(super) device: Option<String>,
}

/// What the clerk sees beside the card in hand: the number masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    pub kind: IdType,
    /// Of passports only.
    pub issuing_country: Option<Country>,
    pub masked_number: String,
    /// The whole number where it was typed by hand: the second look compares it with the original.
    pub typed_number: Option<String>,
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    pub sex: Option<Sex>,
    pub issuer: Option<String>,
    pub valid_from: Option<NaiveDate>,
    /// The last day it is valid; `None`: without end.
    pub valid_until: Option<NaiveDate>,
    pub how: How,
    pub advisories: Vec<Advisory>,
}

/// The text of a date that is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADate;

#[derive(Serialize, Deserialize)]
struct Plain {
    kind: String,
    number: String,
    country: Option<String>,
    name: String,
    valid_from: Option<String>,
    valid_until: Option<String>,
    issuer: Option<String>,
    how: How,
    device: Option<String>,
}

impl How {
    pub const fn as_str(self) -> &'static str {
        match self {
            How::Chip => "chip",
            How::ByHand => "by_hand",
        }
    }
}

impl Capture {
    pub(super) fn preview(&self) -> Preview {
        Preview {
            kind: self.document.kind(),
            issuing_country: self.document.issuing_country(),
            masked_number: mask::id_number(self.document.number()),
            typed_number: (self.how == How::ByHand).then(|| self.document.number().to_owned()),
            name: self.name.as_str().to_owned(),
            birth_date: self.document.birth_date(),
            sex: self.document.sex(),
            issuer: self.issuer.clone(),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            how: self.how,
            advisories: self.document.advisories().to_vec(),
        }
    }

    /// Noon of the last valid day, as documents are kept.
    pub(super) fn valid_until_at(&self) -> Option<Timestamp> {
        self.valid_until.map(Timestamp::on_date)
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview").field("kind", &self.kind).field("how", &self.how).finish_non_exhaustive()
    }
}

/// What was read in this visit so far, for the clerk's page.
pub async fn preview(
    run: &mut impl Run,
    keys: &Keys,
    moment: &Moment,
    visit: &VisitId,
) -> Result<Option<Preview>, Fault> {
    Ok(find(run, keys, moment, visit).await?.map(|capture| capture.preview()))
}

/// A date as cards and clerks write it: `2030-01-01`, `2030.01.01`, `20300101`, `2030年1月1日`; empty or 长期 is no end.
pub fn parse_date(text: Option<&str>) -> Result<Option<NaiveDate>, NotADate> {
    let Some(text) = text else { return Ok(None) };
    if text.len() > 64 {
        return Err(NotADate);
    }
    let plain: String = text.chars().map(half_width).filter(|c| !is_space(*c)).collect();
    if plain.is_empty() || plain == "长期" {
        return Ok(None);
    }
    let parts: Vec<&str> =
        plain.split(['-', '.', '/', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [whole] if whole.len() == 8 && whole.is_ascii() => (&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day] => (*year, *month, *day),
        _ => return Err(NotADate),
    };
    let number = |part: &str| part.parse::<u32>().map_err(|_| NotADate);
    let year = i32::try_from(number(year)?).map_err(|_| NotADate)?;
    NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)
        .filter(|date| (1900..=2200).contains(&date.year()))
        .map(Some)
        .ok_or(NotADate)
}

pub(super) fn card_dates(card: &Card) -> Result<(Option<NaiveDate>, Option<NaiveDate>), NotADate> {
    Ok((parse_date(card.valid_from.as_deref())?, parse_date(card.valid_until.as_deref())?))
}

/// Keeps what was read, over what was read before; the row must be the transaction's already.
pub(super) async fn keep(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, capture): (&VisitId, &Capture),
) -> Result<(), Fault> {
    let plain = Plain {
        kind: capture.document.kind().as_str().to_owned(),
        number: capture.document.number().to_owned(),
        country: capture.document.issuing_country().map(|country| country.as_str().to_owned()),
        name: capture.name.as_str().to_owned(),
        valid_from: capture.valid_from.map(|date| date.to_string()),
        valid_until: capture.valid_until.map(|date| date.to_string()),
        issuer: capture.issuer.clone(),
        how: capture.how,
        device: capture.device.clone(),
    };
    let text = serde_json::to_string(&plain)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| Fault::broken("writing a capture").because(error))?;
    let sealed = keys.seal.seal(&*moment.random, place(visit), &text)?;
    tx.execute(sql!("UPDATE visit SET capture = $2 WHERE id = $1", visit.as_str(), sealed)).await.map(|_| ())
}

pub(super) async fn find(
    run: &mut impl Run,
    keys: &Keys,
    moment: &Moment,
    visit: &VisitId,
) -> Result<Option<Capture>, Fault> {
    let row: Option<(Option<Vec<u8>>,)> =
        run.optional(sql!("SELECT capture FROM visit WHERE id = $1", visit.as_str())).await?;
    let Some((Some(sealed),)) = row else { return Ok(None) };
    let text = zeroize::Zeroizing::new(keys.seal.open(place(visit), &sealed)?);
    let broken = || Fault::inconsistent("visit", visit.as_str(), "capture cannot be read");
    let plain: Plain = serde_json::from_str(&text).map_err(|_| broken())?;
    let kind = plain.kind.parse().map_err(|_| broken())?;
    let document = Document::parse(kind, &plain.number, plain.country.as_deref(), moment.now.date());
    Ok(Some(Capture {
        document: document.map_err(|_| broken())?,
        name: PersonName::parse(&plain.name).map_err(|_| broken())?,
        valid_from: parse_date(plain.valid_from.as_deref()).map_err(|_| broken())?,
        valid_until: parse_date(plain.valid_until.as_deref()).map_err(|_| broken())?,
        issuer: plain.issuer,
        how: plain.how,
        device: plain.device,
    }))
}

fn place(visit: &VisitId) -> Place<'_> {
    Place { table: "visit", column: "capture", row: visit.as_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_as_cards_write_them() {
        let date = NaiveDate::from_ymd_opt(2030, 1, 9);
        for text in
            ["2030-01-09", "2030.01.09", "20300109", "2030年1月9日", "２０３０．０１．０９", " 2030/1/9 "]
        {
            assert_eq!(parse_date(Some(text)), Ok(date), "{text}");
        }
        for text in [None, Some(""), Some(" 长期 ")] {
            assert_eq!(parse_date(text), Ok(None));
        }
        let long = "2".repeat(1 << 20);
        for text in ["2030", "2030-13-01", "2030-02-30", "0030-01-01", "forever", "年年年", "九九九", &long]
        {
            assert_eq!(parse_date(Some(text)), Err(NotADate));
        }
    }
}
