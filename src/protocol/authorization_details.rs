//! Authorization details (RFC 9396): what a client may do with which data of a person. A small table of types, each
//! with the actions and kinds of data it knows; everything else is refused.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::json::{Bounds, parse};
use super::resource::is_resource;
use super::text::words;

words! {
    /// `type`.
    DetailType, "authorization details type must be gov_data, e_licence or matter" {
        /// Records that departments keep about a person.
        GovData = "gov_data",
        /// Electronic licences and certificates.
        ELicence = "e_licence",
        /// A matter handled in the person's name.
        Matter = "matter",
    }
}

words! {
    /// One of `actions`.
    Action, "not an action" {
        Read = "read",
        Verify = "verify",
        Download = "download",
        Submit = "submit",
        Query = "query",
        Withdraw = "withdraw",
    }
}

words! {
    /// One of `datatypes`.
    DataType, "not a kind of data" {
        Household = "household",
        Marriage = "marriage",
        Education = "education",
        SocialInsurance = "social_insurance",
        HousingFund = "housing_fund",
        Tax = "tax",
        RealEstate = "real_estate",
        Vehicle = "vehicle",
        Medical = "medical",
        ResidentId = "resident_id",
        DrivingLicence = "driving_licence",
        VehicleLicence = "vehicle_licence",
        BusinessLicence = "business_licence",
        MarriageCertificate = "marriage_certificate",
        PropertyCertificate = "property_certificate",
    }
}

/// Whether a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Needed,
    Optional,
}

/// What a type allows.
struct Rule {
    actions: &'static [Action],
    datatypes: &'static [DataType],
    identifier: Presence,
}

/// What one entry allows. Lists keep the order they came in and are compared as sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub kind: DetailType,
    /// Where it may be used; empty: wherever this kind of data is kept.
    pub locations: Vec<String>,
    pub actions: Vec<Action>,
    pub datatypes: Vec<DataType>,
    /// One record or matter; absent: all of the person's.
    pub identifier: Option<String>,
}

/// All entries of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details(Vec<Detail>);

/// The value is no list of details we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not authorization details of the types we know")]
pub struct NotDetails;

const BOUNDS: Bounds = Bounds { bytes: 16 * 1024, depth: 4 };
const MOST_DETAILS: usize = 16;
const MOST_LOCATIONS: usize = 8;
const MOST_IDENTIFIER: usize = 64;

impl DetailType {
    fn rule(self) -> Rule {
        match self {
            DetailType::GovData => Rule {
                actions: &[Action::Read, Action::Verify],
                datatypes: &[
                    DataType::Household,
                    DataType::Marriage,
                    DataType::Education,
                    DataType::SocialInsurance,
                    DataType::HousingFund,
                    DataType::Tax,
                    DataType::RealEstate,
                    DataType::Vehicle,
                    DataType::Medical,
                ],
                identifier: Presence::Optional,
            },
            DetailType::ELicence => Rule {
                actions: &[Action::Read, Action::Verify, Action::Download],
                datatypes: &[
                    DataType::ResidentId,
                    DataType::DrivingLicence,
                    DataType::VehicleLicence,
                    DataType::BusinessLicence,
                    DataType::MarriageCertificate,
                    DataType::PropertyCertificate,
                ],
                identifier: Presence::Optional,
            },
            DetailType::Matter => Rule {
                actions: &[Action::Submit, Action::Query, Action::Withdraw],
                datatypes: &[],
                identifier: Presence::Needed,
            },
        }
    }
}

impl Details {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Detail> {
        self.0.iter()
    }

    /// Whether everything in `asked` is allowed by one of these.
    pub fn cover(&self, asked: &Details) -> bool {
        asked.iter().all(|one| self.iter().any(|own| own.covers(one)))
    }

    /// These, and of `before` what they do not cover; the newest first, at most 64.
    pub fn joined(&self, before: &Details) -> Details {
        const MOST_REMEMBERED: usize = 64;
        let mut all = self.0.clone();
        all.extend(before.iter().filter(|one| !self.iter().any(|own| own.covers(one))).cloned());
        all.truncate(MOST_REMEMBERED);
        Details(all)
    }

    /// The types, each once, separated by spaces.
    pub fn types(&self) -> String {
        let named = |kind: &&DetailType| self.iter().any(|detail| detail.kind == **kind);
        DetailType::ALL.iter().filter(named).map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// As tokens carry and answers show them.
    pub fn to_values(&self) -> Vec<Value> {
        self.iter().map(Detail::to_value).collect()
    }

    pub fn of_values(values: &[Value]) -> Result<Self, NotDetails> {
        values.iter().map(Detail::of).collect::<Result<Vec<_>, _>>().map(Self)
    }
}

impl Detail {
    /// Whether whoever was allowed this was allowed `other` too.
    pub fn covers(&self, other: &Detail) -> bool {
        let anywhere = self.locations.is_empty();
        let there = !other.locations.is_empty() && is_subset(&other.locations, &self.locations);
        self.kind == other.kind
            && is_subset(&other.actions, &self.actions)
            && is_subset(&other.datatypes, &self.datatypes)
            && (anywhere || there)
            && (self.identifier.is_none() || self.identifier == other.identifier)
    }

    /// RFC 9396 §5: unknown types, unknown members, wrong kinds and wrong values are refused.
    fn of(value: &Value) -> Result<Self, NotDetails> {
        let members = value.as_object().ok_or(NotDetails)?;
        let known = ["type", "locations", "actions", "datatypes", "identifier"];
        if members.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(NotDetails);
        }
        let kind: DetailType =
            members.get("type").and_then(Value::as_str).ok_or(NotDetails)?.parse().map_err(|_| NotDetails)?;
        let detail = Self {
            kind,
            locations: words(members, "locations")?,
            actions: words(members, "actions")?,
            datatypes: words(members, "datatypes")?,
            identifier: match members.get("identifier") {
                None => None,
                Some(value) => Some(value.as_str().ok_or(NotDetails)?.to_owned()),
            },
        };
        if detail.fits(&kind.rule()) { Ok(detail) } else { Err(NotDetails) }
    }

    fn fits(&self, rule: &Rule) -> bool {
        let datatypes = self.datatypes.is_empty() == rule.datatypes.is_empty();
        let identifier = match &self.identifier {
            None => rule.identifier == Presence::Optional,
            Some(text) => is_identifier(text),
        };
        !self.actions.is_empty()
            && is_subset(&self.actions, rule.actions)
            && datatypes
            && is_subset(&self.datatypes, rule.datatypes)
            && self.locations.len() <= MOST_LOCATIONS
            && self.locations.iter().all(|text| is_resource(text))
            && identifier
    }

    fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!(self.kind));
        if !self.locations.is_empty() {
            members.insert("locations".to_owned(), json!(self.locations));
        }
        members.insert("actions".to_owned(), json!(self.actions));
        if !self.datatypes.is_empty() {
            members.insert("datatypes".to_owned(), json!(self.datatypes));
        }
        if let Some(identifier) = &self.identifier {
            members.insert("identifier".to_owned(), json!(identifier));
        }
        Value::Object(members)
    }
}

impl FromStr for Details {
    type Err = NotDetails;

    /// Reads the parameter: a JSON array of at least one object.
    fn from_str(text: &str) -> Result<Self, NotDetails> {
        let value = parse(text, BOUNDS).map_err(|_| NotDetails)?;
        let entries = value.as_array().ok_or(NotDetails)?;
        if !(1..=MOST_DETAILS).contains(&entries.len()) {
            return Err(NotDetails);
        }
        Self::of_values(entries)
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_values().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_values(&Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A list of texts, each once; absent is empty.
fn words<T: FromStr + PartialEq>(members: &Map<String, Value>, name: &str) -> Result<Vec<T>, NotDetails> {
    let Some(value) = members.get(name) else { return Ok(Vec::new()) };
    let mut words = Vec::new();
    for entry in value.as_array().ok_or(NotDetails)? {
        let word: T = entry.as_str().ok_or(NotDetails)?.parse().map_err(|_| NotDetails)?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    // A list that is there says something (RFC 9396 §2.2); an empty one would say nothing or everything.
    if words.is_empty() { Err(NotDetails) } else { Ok(words) }
}

/// The number of a record or a matter. What looks like a resident ID number is refused: requests are kept in the clear.
fn is_identifier(text: &str) -> bool {
    let fits = (1..=MOST_IDENTIFIER).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let like_a_person = matches!((text.len(), digits), (15, 15) | (18, 17 | 18));
    fits && !like_a_person
}

fn is_subset<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    part.iter().all(|one| whole.contains(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATA: &str = r#"[{"type":"gov_data","actions":["read"],"datatypes":["social_insurance","tax"]}]"#;

    #[test]
    fn reads_what_each_type_allows_and_prints_it_back() {
        let good = [
            DATA,
            r#"[{"type":"gov_data","locations":["https://data.example/si"],"actions":["verify","read"],"datatypes":["tax"],"identifier":"r-1"}]"#,
            r#"[{"type":"e_licence","actions":["download"],"datatypes":["driving_licence"]}]"#,
            r#"[{"type":"matter","actions":["submit","query"],"identifier":"35-0102/7"}]"#,
        ];
        for text in good {
            let details: Details = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&details).unwrap(), text);
            assert_eq!(serde_json::from_str::<Details>(text).unwrap(), details);
        }
    }

    #[test]
    fn refuses_everything_else() {
        let many = format!("[{}]", vec![&DATA[1..DATA.len() - 1]; 17].join(","));
        let bad = [
            "",
            "{}",
            "[]",
            "[1]",
            r#"[{"type":"payment","actions":["read"]}]"#,
            r#"[{"actions":["read"],"datatypes":["tax"]}]"#,
            r#"[{"type":"gov_data","actions":["read"]}]"#,
            r#"[{"type":"gov_data","actions":[],"datatypes":["tax"]}]"#,
            r#"[{"type":"gov_data","actions":["submit"],"datatypes":["tax"]}]"#,
            r#"[{"type":"gov_data","actions":["read"],"datatypes":["driving_licence"]}]"#,
            r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"],"privileges":["admin"]}]"#,
            r#"[{"type":"gov_data","actions":"read","datatypes":["tax"]}]"#,
            r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"],"locations":["/x"]}]"#,
            r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"],"identifier":7}]"#,
            r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"],"identifier":"11010519491231002X"}]"#,
            r#"[{"type":"matter","actions":["submit"]}]"#,
            r#"[{"type":"matter","actions":["submit"],"identifier":"a","datatypes":["tax"]}]"#,
            r#"[{"type":"matter","type":"matter","actions":["submit"],"identifier":"a"}]"#,
            &many,
        ];
        for text in bad {
            assert_eq!(text.parse::<Details>(), Err(NotDetails), "{text}");
        }
    }

    #[test]
    fn more_covers_less_and_never_the_other_way() {
        let of = |text: &str| text.parse::<Details>().unwrap();
        let wide = of(r#"[{"type":"gov_data","actions":["read","verify"],"datatypes":["tax","vehicle"]}]"#);
        let narrow = of(
            r#"[{"type":"gov_data","locations":["https://a.example/"],"actions":["read"],"datatypes":["tax"],"identifier":"1"}]"#,
        );
        assert!(wide.cover(&narrow) && wide.cover(&wide) && !narrow.cover(&wide));
        let elsewhere = of(
            r#"[{"type":"gov_data","locations":["https://b.example/"],"actions":["read"],"datatypes":["tax"],"identifier":"1"}]"#,
        );
        assert!(!narrow.cover(&elsewhere) && wide.cover(&elsewhere));
        let other = of(r#"[{"type":"gov_data","actions":["read"],"datatypes":["medical"]}]"#);
        assert!(!wide.cover(&other) && wide.cover(&Details::default()));
        assert_eq!(wide.joined(&narrow), wide);
        assert_eq!(wide.joined(&other).iter().count(), 2);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = text.parse::<Details>();
        }

        #[test]
        fn takes_any_entry(kind in "gov_data|e_licence|matter|x", actions in "read|submit|x", identifier in ".{0,20}") {
            let text = json!([{"type": kind, "actions": [actions], "datatypes": ["tax"], "identifier": identifier}]);
            if let Ok(details) = text.to_string().parse::<Details>() {
                prop_assert!(details.cover(&details));
            }
        }
    }
}
