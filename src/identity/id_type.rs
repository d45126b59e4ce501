//! The kinds of document a natural person can show, and the word each has on the wire.

use std::fmt;
use std::str::FromStr;

use crate::base::Locale;

/// A kind of document (`id_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdType {
    /// 居民身份证 (GB 11643).
    ResidentId,
    /// 港澳台居民居住证 of a resident of Hong Kong (area 810000).
    ResidencePermitHk,
    /// The same of a resident of Macao (area 820000).
    ResidencePermitMo,
    /// The same of a resident of Taiwan (area 830000).
    ResidencePermitTw,
    /// 外国人永久居留身份证 as issued from December 2023, 18 characters.
    ForeignPr,
    /// The card before that, 15 characters.
    ForeignPrOld,
    /// 港澳居民来往内地通行证.
    HkmoTravelPermit,
    /// 台湾居民来往大陆通行证.
    TwTravelPermit,
    /// A passport of any country.
    Passport,
}

/// The word names no kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of document")]
pub struct NotAnIdType;

impl IdType {
    pub const ALL: [IdType; 9] = [
        IdType::ResidentId,
        IdType::ResidencePermitHk,
        IdType::ResidencePermitMo,
        IdType::ResidencePermitTw,
        IdType::ForeignPr,
        IdType::ForeignPrOld,
        IdType::HkmoTravelPermit,
        IdType::TwTravelPermit,
        IdType::Passport,
    ];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            IdType::ResidentId => "resident_id",
            IdType::ResidencePermitHk => "residence_permit_hk",
            IdType::ResidencePermitMo => "residence_permit_mo",
            IdType::ResidencePermitTw => "residence_permit_tw",
            IdType::ForeignPr => "foreign_pr",
            IdType::ForeignPrOld => "foreign_pr_old",
            IdType::HkmoTravelPermit => "hkmo_travel_permit",
            IdType::TwTravelPermit => "tw_travel_permit",
            IdType::Passport => "passport",
        }
    }

    /// What people call it.
    pub fn label(self, locale: Locale) -> &'static str {
        match self {
            IdType::ResidentId => locale.pick("居民身份证", "Resident identity card"),
            IdType::ResidencePermitHk => locale.pick("香港居民居住证", "Residence permit (Hong Kong)"),
            IdType::ResidencePermitMo => locale.pick("澳门居民居住证", "Residence permit (Macao)"),
            IdType::ResidencePermitTw => locale.pick("台湾居民居住证", "Residence permit (Taiwan)"),
            IdType::ForeignPr => locale.pick("外国人永久居留身份证", "Foreign permanent residence card"),
            IdType::ForeignPrOld => locale.pick(
                "外国人永久居留身份证（旧版）",
                "Foreign permanent residence card (before December 2023)",
            ),
            IdType::HkmoTravelPermit => {
                locale.pick("港澳居民来往内地通行证", "Mainland travel permit (Hong Kong, Macao)")
            }
            IdType::TwTravelPermit => {
                locale.pick("台湾居民来往大陆通行证", "Mainland travel permit (Taiwan)")
            }
            IdType::Passport => locale.pick("护照", "Passport"),
        }
    }

    /// The residence permit that an area code of 81, 82 or 83 belongs to.
    pub(super) fn of_permit_area(number: &str) -> Option<IdType> {
        match number.get(..2)? {
            "81" => Some(IdType::ResidencePermitHk),
            "82" => Some(IdType::ResidencePermitMo),
            "83" => Some(IdType::ResidencePermitTw),
            _ => None,
        }
    }
}

impl FromStr for IdType {
    type Err = NotAnIdType;

    fn from_str(word: &str) -> Result<Self, NotAnIdType> {
        IdType::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(NotAnIdType)
    }
}

impl fmt::Display for IdType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for kind in IdType::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for word in ["", "Resident_Id", "resident_id ", "residence_permit", "driving_licence"] {
            assert_eq!(word.parse::<IdType>(), Err(NotAnIdType), "{word}");
        }
    }
}
