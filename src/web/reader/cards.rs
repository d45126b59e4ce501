//! The sample cards: published specimen numbers, and two made up with birth dates nobody living has.

use crate::base::Locale;
use crate::gateway::card_reader::Card;
use crate::identity::IdType;

/// A sample card.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The word in the reader's form.
    pub id: &'static str,
    pub kind: IdType,
    pub number: &'static str,
    pub name: &'static str,
    issuer: &'static str,
    valid_from: &'static str,
    /// Absent: without end.
    valid_until: Option<&'static str>,
    note: (&'static str, &'static str),
}

pub const ALL: &[Sample] = &[
    Sample {
        id: "citizen",
        kind: IdType::ResidentId,
        number: "11010519491231002X",
        name: "张桂芳",
        issuer: "北京市公安局朝阳分局",
        valid_from: "2010-05-01",
        valid_until: None,
        note: ("有网上账号", "has an online account"),
    },
    Sample {
        id: "newcomer",
        kind: IdType::ResidentId,
        number: "440524188001010014",
        name: "陈国栋",
        issuer: "汕头市公安局",
        valid_from: "2012-03-15",
        valid_until: None,
        note: ("从未上过网", "never on line"),
    },
    Sample {
        id: "hong-kong",
        kind: IdType::ResidencePermitHk,
        number: "810000199408230021",
        name: "陈嘉欣",
        issuer: "深圳市公安局",
        valid_from: "2023-09-01",
        valid_until: Some("2033-08-31"),
        note: ("", ""),
    },
    Sample {
        id: "foreigner",
        kind: IdType::ForeignPr,
        number: "932682198501010017",
        name: "SALEM AHMED",
        issuer: "国家移民管理局",
        valid_from: "2024-01-08",
        valid_until: Some("2034-01-08"),
        note: ("", ""),
    },
    Sample {
        id: "rare-name",
        kind: IdType::ResidentId,
        number: "110101188803071238",
        name: "𠮷永福",
        issuer: "北京市公安局东城分局",
        valid_from: "2015-11-20",
        valid_until: None,
        note: ("生僻字姓名", "a rare character"),
    },
    Sample {
        id: "expired",
        kind: IdType::ResidentId,
        number: "330106189909152463",
        name: "周小兰",
        issuer: "杭州市公安局西湖分局",
        valid_from: "2004-06-01",
        valid_until: Some("2024-06-01"),
        note: ("已过有效期", "expired"),
    },
];

pub fn find(id: &str) -> Option<&'static Sample> {
    ALL.iter().find(|card| card.id == id)
}

impl Sample {
    /// What tells the card from the others, if anything.
    pub fn note(&self, locale: Locale) -> &'static str {
        locale.pick(self.note.0, self.note.1)
    }

    pub fn on_chip(&self) -> Card {
        Card {
            id_type: self.kind.as_str().to_owned(),
            id_number: self.number.to_owned(),
            name: self.name.to_owned(),
            issuing_country: None,
            issuer: Some(self.issuer.to_owned()),
            valid_from: Some(self.valid_from.to_owned()),
            valid_until: self.valid_until.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::identity::{Document, PersonName};

    #[test]
    fn every_card_is_one_that_could_be_issued() {
        let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        for card in ALL {
            let document = Document::parse(card.kind, card.number, None, today).unwrap();
            assert!(document.advisories().is_empty(), "{}", card.id);
            assert!(PersonName::parse(card.name).is_ok_and(|name| name.as_str() == card.name), "{}", card.id);
            assert_eq!(find(card.id).map(|found| found.number), Some(card.number));
        }
        assert!(find("").is_none());
    }
}
