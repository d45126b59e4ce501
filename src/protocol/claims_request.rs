//! The `claims` parameter: which claims a client wants where, and how badly (OIDC Core §5.5).

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::acr::AcrValues;
use super::json::{Bounds, JsonProblem, parse};
use super::verified_claims::VerifiedClaimsRequest;

/// As deep as a request for the grounds of a verification goes (OIDC for Identity Assurance §5.4).
const BOUNDS: Bounds = Bounds { bytes: 16 * 1024, depth: 14 };

/// The wishes of one request. Members that are neither `id_token` nor `userinfo` are ignored, as §5.5 wants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClaimsRequest {
    id_token: BTreeMap<String, Wish>,
    userinfo: BTreeMap<String, Wish>,
    verified_id_token: Option<VerifiedClaimsRequest>,
    verified_userinfo: Option<VerifiedClaimsRequest>,
}

/// Where a claim is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    IdToken,
    UserInfo,
}

impl Place {
    pub const ALL: [Place; 2] = [Place::IdToken, Place::UserInfo];
}

/// How badly a claim is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Need {
    #[default]
    Voluntary,
    Essential,
}

/// What value a claim should have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Wanted {
    #[default]
    Any,
    One(Value),
    /// In order of preference.
    OneOf(Vec<Value>),
}

/// How one claim is wanted; `null` is the default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wish {
    pub need: Need,
    pub wanted: Wanted,
}

/// The `acr` a client wants in the ID token (OIDC Core §5.5.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcrWish {
    pub need: Need,
    pub values: AcrValues,
}

/// Why the text is no claims request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAClaimsRequest {
    #[error("claims is too large or too deep")]
    TooLarge,
    #[error("claims is not the object of OIDC Core §5.5")]
    Malformed,
    #[error("verified_claims is not a request of OIDC for Identity Assurance §5.3-5.6")]
    Verified,
}

impl ClaimsRequest {
    /// The wish for one claim, if it is wanted at this place.
    pub fn wish(&self, place: Place, claim: &str) -> Option<&Wish> {
        self.at(place).get(claim)
    }

    /// Every claim wanted at this place, by name.
    pub fn wishes(&self, place: Place) -> impl Iterator<Item = (&str, &Wish)> {
        self.at(place).iter().map(|(claim, wish)| (claim.as_str(), wish))
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The verified claims wanted at this place.
    pub fn verified(&self, place: Place) -> Option<&VerifiedClaimsRequest> {
        match place {
            Place::IdToken => self.verified_id_token.as_ref(),
            Place::UserInfo => self.verified_userinfo.as_ref(),
        }
    }

    /// The `acr` wanted in the ID token, whether essential or not; `None` when no value is named.
    pub fn acr(&self) -> Option<AcrWish> {
        let wish = self.wish(Place::IdToken, "acr")?;
        let values = AcrValues::of(wish.texts()).ok().filter(|values| !values.is_empty())?;
        Some(AcrWish { need: wish.need, values })
    }

    /// The values of an essential `acr` request: one of them must be reached or the request fails.
    pub fn essential_acr(&self) -> Option<AcrValues> {
        self.acr().filter(|wish| wish.need == Need::Essential).map(|wish| wish.values)
    }

    /// The only `sub` the client accepts (OIDC Core §3.1.2.2, §5.5.1).
    pub fn subject(&self) -> Option<&str> {
        let named = |place| self.wish(place, "sub").and_then(|wish| wish.texts().next());
        named(Place::IdToken).or_else(|| named(Place::UserInfo))
    }

    /// Whether an answer about `sub` is one that every place accepts. Who names nobody accepts anybody.
    pub fn accepts(&self, sub: &str) -> bool {
        let mut wishes = Place::ALL.iter().filter_map(|place| self.wish(*place, "sub"));
        wishes.all(|wish| wish.texts().next().is_none() || wish.texts().any(|text| text == sub))
    }

    /// Forgets what nobody will ever look at (OIDC Core §5.5: claims that are not understood are ignored): claims that are
    /// not `known`, and values wanted of any but `sub` and `acr`. The rest is kept as long as the request and its tokens live.
    pub fn forget_others(&mut self, known: impl Fn(&str) -> bool) {
        for wishes in [&mut self.id_token, &mut self.userinfo] {
            wishes.retain(|claim, _| BY_VALUE.contains(&claim.as_str()) || known(claim));
            let others = wishes.iter_mut().filter(|(claim, _)| !BY_VALUE.contains(&claim.as_str()));
            others.for_each(|(_, wish)| wish.wanted = Wanted::Any);
        }
    }

    fn at(&self, place: Place) -> &BTreeMap<String, Wish> {
        match place {
            Place::IdToken => &self.id_token,
            Place::UserInfo => &self.userinfo,
        }
    }

    fn of(value: Value) -> Result<Self, NotAClaimsRequest> {
        let Value::Object(mut members) = value else { return Err(NotAClaimsRequest::Malformed) };
        let (id_token, verified_id_token) = at_place(members.remove("id_token"))?;
        let (userinfo, verified_userinfo) = at_place(members.remove("userinfo"))?;
        Ok(Self { id_token, userinfo, verified_id_token, verified_userinfo })
    }
}

impl Wish {
    /// The wanted values that are texts, in order of preference.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let values = match &self.wanted {
            Wanted::Any => &[],
            Wanted::One(value) => std::slice::from_ref(value),
            Wanted::OneOf(values) => values.as_slice(),
        };
        values.iter().filter_map(Value::as_str)
    }

    fn of(value: Value) -> Result<Self, NotAClaimsRequest> {
        let mut members = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(members) => members,
            _ => return Err(NotAClaimsRequest::Malformed),
        };
        let need = match members.remove("essential") {
            None | Some(Value::Bool(false)) => Need::Voluntary,
            Some(Value::Bool(true)) => Need::Essential,
            Some(_) => return Err(NotAClaimsRequest::Malformed),
        };
        let wanted = match (members.remove("value"), members.remove("values")) {
            (None, None) => Wanted::Any,
            (Some(value), None) => Wanted::One(value),
            (None, Some(Value::Array(values))) => Wanted::OneOf(values),
            _ => return Err(NotAClaimsRequest::Malformed),
        };
        Ok(Self { need, wanted })
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        if self.need == Need::Essential {
            members.insert("essential".into(), Value::Bool(true));
        }
        match &self.wanted {
            Wanted::Any => None,
            Wanted::One(value) => members.insert("value".into(), value.clone()),
            Wanted::OneOf(values) => members.insert("values".into(), Value::Array(values.clone())),
        };
        if members.is_empty() { Value::Null } else { Value::Object(members) }
    }
}

/// The claims whose wanted value decides something (§5.5.1).
const BY_VALUE: [&str; 2] = ["sub", "acr"];

/// Has a grammar of its own.
const VERIFIED_CLAIMS: &str = "verified_claims";

type AtPlace = (BTreeMap<String, Wish>, Option<VerifiedClaimsRequest>);

fn at_place(member: Option<Value>) -> Result<AtPlace, NotAClaimsRequest> {
    let mut claims = match member {
        None | Some(Value::Null) => return Ok(AtPlace::default()),
        Some(Value::Object(claims)) => claims,
        Some(_) => return Err(NotAClaimsRequest::Malformed),
    };
    let verified = match claims.remove(VERIFIED_CLAIMS) {
        Some(value) => VerifiedClaimsRequest::read(&value).map_err(|_| NotAClaimsRequest::Verified)?,
        None => None,
    };
    let wishes: Result<_, _> = claims.into_iter().map(|(claim, wish)| Ok((claim, Wish::of(wish)?))).collect();
    Ok((wishes?, verified))
}

impl FromStr for ClaimsRequest {
    type Err = NotAClaimsRequest;

    fn from_str(text: &str) -> Result<Self, NotAClaimsRequest> {
        match parse(text, BOUNDS) {
            Ok(value) => Self::of(value),
            Err(JsonProblem::TooLarge | JsonProblem::TooDeep) => Err(NotAClaimsRequest::TooLarge),
            Err(JsonProblem::Repeated | JsonProblem::Malformed) => Err(NotAClaimsRequest::Malformed),
        }
    }
}

impl Serialize for ClaimsRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = |place: Place| -> Map<String, Value> {
            let wishes = self.wishes(place).map(|(claim, wish)| (claim.to_owned(), wish.to_json()));
            let verified = self.verified(place).map(|wanted| (VERIFIED_CLAIMS.to_owned(), wanted.to_json()));
            wishes.chain(verified).collect()
        };
        json!({"id_token": at(Place::IdToken), "userinfo": at(Place::UserInfo)}).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClaimsRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_example_of_the_specification() {
        let claims: ClaimsRequest = r#"{
            "userinfo": {"given_name": {"essential": true}, "nickname": null, "http://example.info/claims/groups": null},
            "id_token": {"auth_time": {"essential": true}, "sub": {"value": "248289761001"},
                         "acr": {"essential": true, "values": ["urn:tongyao:loa:3", "gold"]}},
            "later": 1
        }"#
        .parse()
        .unwrap();
        assert_eq!(claims.wish(Place::UserInfo, "given_name").unwrap().need, Need::Essential);
        assert_eq!(claims.wish(Place::UserInfo, "nickname"), Some(&Wish::default()));
        assert_eq!(claims.wish(Place::IdToken, "nickname"), None);
        assert_eq!(claims.subject(), Some("248289761001"));
        assert_eq!(claims.essential_acr().unwrap().to_string(), "urn:tongyao:loa:3 gold");
        let kept = serde_json::to_string(&claims).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&kept).unwrap(), claims);
    }

    #[test]
    fn keeps_verified_claims_apart_by_place() {
        let claims: ClaimsRequest = r#"{"userinfo": {"name": null, "verified_claims":
            {"verification": {"trust_framework": null}, "claims": {"name": {"essential": true}}}}}"#
            .parse()
            .unwrap();
        assert!(claims.verified(Place::UserInfo).is_some() && claims.verified(Place::IdToken).is_none());
        assert_eq!(claims.wishes(Place::UserInfo).count(), 1);
        let kept = serde_json::to_string(&claims).unwrap();
        assert_eq!(kept.parse(), Ok(claims));
    }

    #[test]
    fn a_subject_is_accepted_by_every_place_that_names_one() {
        let cases = [
            ("{}", true),
            (r#"{"id_token":{"sub":null,"name":null}}"#, true),
            (r#"{"id_token":{"sub":{"value":"a"}}}"#, true),
            (r#"{"id_token":{"sub":{"values":["b","a"]}},"userinfo":{"sub":{"value":"a"}}}"#, true),
            (r#"{"id_token":{"sub":{"value":"b"}}}"#, false),
            (r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#, false),
        ];
        for (text, accepted) in cases {
            assert_eq!(text.parse::<ClaimsRequest>().unwrap().accepts("a"), accepted, "{text}");
        }
    }

    #[test]
    fn a_voluntary_acr_is_not_essential() {
        let claims: ClaimsRequest = r#"{"id_token":{"acr":{"values":["x"]}}}"#.parse().unwrap();
        assert_eq!(claims.essential_acr(), None);
        assert_eq!(claims.acr().unwrap().need, Need::Voluntary);
    }

    #[test]
    fn what_nobody_looks_at_is_forgotten() {
        let mut claims: ClaimsRequest = r#"{
            "userinfo": {"name": {"essential": true, "value": "long"}, "sub": {"value": "s"}, "x0001": null},
            "id_token": {"acr": {"values": ["gold"]}, "x0002": {"values": ["long"]},
                "verified_claims": {"verification": {"trust_framework": null}, "claims": {"name": null}}}}"#
            .parse()
            .unwrap();
        claims.forget_others(|claim| claim == "name");
        let kept: Vec<_> = Place::ALL.iter().flat_map(|place| claims.wishes(*place)).collect();
        assert_eq!(kept.iter().map(|(claim, _)| *claim).collect::<Vec<_>>(), ["acr", "name", "sub"]);
        assert_eq!(*kept[1].1, Wish { need: Need::Essential, wanted: Wanted::Any });
        assert_eq!((claims.subject(), claims.acr().is_some()), (Some("s"), true));
        assert!(claims.verified(Place::IdToken).is_some());
    }

    #[test]
    fn refuses_other_shapes() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(14), "]".repeat(14));
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(16 * 1024));
        let cases = [
            ("", NotAClaimsRequest::Malformed),
            ("[]", NotAClaimsRequest::Malformed),
            (r#"{"id_token":[]}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"name":true}}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"name":{"essential":"yes"}}}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"name":{"values":"a"}}}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"name":{"value":1,"values":[1]}}}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"name":null,"name":null}}"#, NotAClaimsRequest::Malformed),
            (r#"{"id_token":{"verified_claims":{"claims":{"name":null}}}}"#, NotAClaimsRequest::Verified),
            (deep.as_str(), NotAClaimsRequest::TooLarge),
            (large.as_str(), NotAClaimsRequest::TooLarge),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<ClaimsRequest>(), Err(expected), "{text:.60}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = text.parse::<ClaimsRequest>();
        }

        #[test]
        fn keeps_every_wish(
            claim in "[a-z]{1,5}", essential in any::<bool>(), values in proptest::collection::vec(".{0,5}", 0..4)
        ) {
            let text = json!({"userinfo": {claim: {"essential": essential, "values": values}}}).to_string();
            let claims: ClaimsRequest = text.parse().unwrap();
            let kept = serde_json::to_string(&claims).unwrap();
            prop_assert_eq!(kept.parse::<ClaimsRequest>(), Ok(claims));
        }
    }
}
