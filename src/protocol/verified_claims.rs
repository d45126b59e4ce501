//! A request for verified claims, and the rules by which it filters what is held (OpenID Connect for Identity Assurance §5.3-5.7).

use serde_json::{Map, Value, json};

/// What a client wants at one place (`userinfo` or `id_token`): one element, or several judged each on its own (§5.6).
#[derive(Debug, Clone, PartialEq)]
pub enum VerifiedClaimsRequest {
    One(Element),
    Several(Vec<Element>),
}

/// One `verified_claims` element: conditions on the verification, and the claims wanted under them.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// A template: every member is `null`, a leaf with constraints, a structure, or a list of alternatives.
    verification: Map<String, Value>,
    claims: Map<String, Value>,
}

/// What could be told of a person: everything there is, before a request filters it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Held {
    pub verification: Map<String, Value>,
    pub claims: Map<String, Value>,
}

/// Why something is no request for verified claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a verified_claims request of OpenID Connect for Identity Assurance 5.3 to 5.5")]
pub struct NotAVerifiedClaimsRequest;

const MOST_ELEMENTS: usize = 16;
const MOST_ALTERNATIVES: usize = 32;
/// What makes a member a leaf; `essential` changes nothing here (§5.7.1).
const LEAF: [&str; 4] = ["value", "values", "max_age", "essential"];
/// Members without which their parent would be no valid answer (Identity Assurance Schema §5): told although not asked.
const REQUIRED: [&str; 3] = ["trust_framework", "type", "check_method"];

impl VerifiedClaimsRequest {
    /// Reads the member; `None` where nothing is asked.
    pub fn read(value: &Value) -> Result<Option<Self>, NotAVerifiedClaimsRequest> {
        match value {
            Value::Null => Ok(None),
            Value::Array(elements) if elements.is_empty() => Ok(None),
            Value::Array(elements) if elements.len() <= MOST_ELEMENTS => {
                let elements: Result<Vec<Element>, _> = elements.iter().map(Element::read).collect();
                elements.map(|elements| Some(Self::Several(elements)))
            }
            value => Element::read(value).map(|element| Some(Self::One(element))),
        }
    }

    pub fn elements(&self) -> &[Element] {
        match self {
            Self::One(element) => std::slice::from_ref(element),
            Self::Several(elements) => elements,
        }
    }

    /// The answer of these elements in the shape the request had; none when no element was met.
    pub fn answer(&self, mut met: Vec<Value>) -> Option<Value> {
        match self {
            _ if met.is_empty() => None,
            Self::One(_) => met.pop(),
            Self::Several(_) => Some(Value::Array(met)),
        }
    }

    /// As it was asked.
    pub fn to_json(&self) -> Value {
        match self {
            Self::One(element) => element.to_json(),
            Self::Several(elements) => Value::Array(elements.iter().map(Element::to_json).collect()),
        }
    }
}

impl Element {
    /// The names of the claims wanted.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.claims.keys().map(String::as_str)
    }

    /// The members of the verification asked about.
    pub fn about_verification(&self) -> impl Iterator<Item = &str> {
        self.verification.keys().map(String::as_str)
    }

    /// Whether a member stands anywhere in the template of the verification.
    pub fn mentions(&self, member: &str) -> bool {
        mentions(&self.verification, member)
    }

    /// The values the client takes for `trust_framework`, the preferred one first; none: any.
    pub fn trust_frameworks(&self) -> Option<Vec<&str>> {
        let wish = self.verification.get("trust_framework")?.as_object()?;
        match (wish.get("value"), wish.get("values")) {
            (Some(value), _) => Some(value.as_str().into_iter().collect()),
            (None, Some(Value::Array(values))) => Some(values.iter().filter_map(Value::as_str).collect()),
            (None, _) => None,
        }
    }

    /// The element filled from what is held; none where a condition on the verification is unmet or no claim is left (§5.7).
    pub fn fill(&self, held: &Held, now_seconds: i64) -> Option<Value> {
        let Picked::Told(verification) = structure(&self.verification, &held.verification, now_seconds)
        else {
            return None;
        };
        let claims = self.claims.iter().filter_map(|(name, wish)| {
            let value = held.claims.get(name)?;
            whole(wish, value, now_seconds).then(|| (name.clone(), value.clone()))
        });
        let claims: Map<String, Value> = claims.collect();
        // §5.7.5: an empty `claims` is no valid answer, so its parent goes as well.
        (!claims.is_empty()).then(|| json!({"verification": verification, "claims": claims}))
    }

    fn read(value: &Value) -> Result<Self, NotAVerifiedClaimsRequest> {
        let element = value.as_object().ok_or(NotAVerifiedClaimsRequest)?;
        let verification = match element.get("verification") {
            Some(Value::Object(members)) if members.contains_key("trust_framework") => members,
            _ => return Err(NotAVerifiedClaimsRequest),
        };
        for (name, wish) in verification {
            match name.as_str() {
                "evidence" => check_evidence(wish)?,
                _ => check_template(wish)?,
            }
        }
        let claims = match element.get("claims") {
            // Nothing named is nothing asked.
            Some(Value::Null) => Map::new(),
            Some(Value::Object(claims)) if !claims.is_empty() => claims.clone(),
            _ => return Err(NotAVerifiedClaimsRequest),
        };
        claims.values().try_for_each(check_leaf)?;
        Ok(Self { verification: verification.clone(), claims })
    }

    fn to_json(&self) -> Value {
        let claims = if self.claims.is_empty() { Value::Null } else { json!(self.claims) };
        json!({"verification": self.verification, "claims": claims})
    }
}

/// What became of one member.
enum Picked {
    Told(Value),
    /// Not there, and nothing was demanded of it.
    Nothing,
    /// A constraint is not met (§5.7.4).
    Unmet,
}

fn pick(wish: &Value, held: Option<&Value>, now: i64) -> Picked {
    match (wish, held) {
        // What is not there meets no constraint.
        (wish, None) if is_constrained(wish) => Picked::Unmet,
        (_, None) => Picked::Nothing,
        // A structure has no value of its own that could be the one demanded.
        (Value::Object(wishes), Some(Value::Object(_)))
            if LEAF[..3].iter().any(|one| wishes.contains_key(*one)) =>
        {
            Picked::Unmet
        }
        (Value::Object(wishes), Some(Value::Object(members))) => structure(wishes, members, now),
        (_, Some(Value::Object(members))) => structure(&Map::new(), members, now),
        (Value::Array(entries), Some(Value::Array(items))) => alternatives(entries, items, now),
        (wish, Some(Value::Array(items))) => alternatives(std::slice::from_ref(wish), items, now),
        (wish, Some(value)) if whole(wish, value, now) => Picked::Told(value.clone()),
        (_, Some(_)) => Picked::Unmet,
    }
}

fn structure(wishes: &Map<String, Value>, members: &Map<String, Value>, now: i64) -> Picked {
    let mut told = Map::new();
    for (name, wish) in wishes.iter().filter(|(name, _)| !LEAF.contains(&name.as_str())) {
        match pick(wish, members.get(name), now) {
            Picked::Told(value) => drop(told.insert(name.clone(), value)),
            Picked::Nothing => {}
            Picked::Unmet => return Picked::Unmet,
        }
    }
    for name in REQUIRED {
        if let Some(value) = members.get(name) {
            told.entry(name).or_insert_with(|| value.clone());
        }
    }
    if told.is_empty() { Picked::Nothing } else { Picked::Told(Value::Object(told)) }
}

/// Entries are linked by OR (§5.4): an item is told with what the entries that fit it ask for.
fn alternatives(entries: &[Value], items: &[Value], now: i64) -> Picked {
    let mut told = Vec::new();
    for item in items {
        let fitting = entries.iter().filter_map(|entry| match pick(entry, Some(item), now) {
            Picked::Told(value) => Some(value),
            Picked::Nothing | Picked::Unmet => None,
        });
        told.extend(fitting.reduce(joined));
    }
    if told.is_empty() { Picked::Unmet } else { Picked::Told(Value::Array(told)) }
}

fn joined(mut one: Value, other: Value) -> Value {
    if let (Value::Object(into), Value::Object(from)) = (&mut one, other) {
        into.extend(from);
    }
    one
}

/// Whether a value without members of its own meets a wish: `value`, `values` (OIDC Core §5.5.1) and `max_age` (§5.5.2).
fn whole(wish: &Value, value: &Value, now: i64) -> bool {
    let Value::Object(wish) = wish else { return true };
    let is_it = wish.get("value").is_none_or(|wanted| wanted == value);
    let is_one = match wish.get("values") {
        Some(Value::Array(wanted)) => wanted.contains(value),
        _ => true,
    };
    let most = wish.get("max_age").and_then(Value::as_i64);
    let fresh = most.zip(value.as_str().and_then(last_second)).is_none_or(|(most, at)| now - at <= most);
    is_it && is_one && fresh
}

/// A date or time in seconds since 1970; of a date its last second, as §5.5.2 counts.
fn last_second(text: &str) -> Option<i64> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    let date: chrono::NaiveDate = text.parse().ok()?;
    date.and_hms_opt(23, 59, 59).map(|end| end.and_utc().timestamp())
}

fn is_constrained(wish: &Value) -> bool {
    match wish {
        Value::Object(members) => members.iter().any(|(name, inner)| {
            matches!(name.as_str(), "value" | "values" | "max_age") || is_constrained(inner)
        }),
        Value::Array(entries) => entries.iter().any(is_constrained),
        _ => false,
    }
}

fn mentions(members: &Map<String, Value>, member: &str) -> bool {
    members.iter().any(|(name, wish)| {
        name == member
            || match wish {
                Value::Object(inner) => mentions(inner, member),
                Value::Array(entries) => {
                    entries.iter().filter_map(Value::as_object).any(|entry| mentions(entry, member))
                }
                _ => false,
            }
    })
}

/// §5.4: an entry names its type by `value`; `values` shall not be used there.
fn check_evidence(wish: &Value) -> Result<(), NotAVerifiedClaimsRequest> {
    let entries = wish.as_array().ok_or(NotAVerifiedClaimsRequest)?;
    let typed = |entry: &Value| {
        let kind = entry.get("type").and_then(Value::as_object);
        kind.is_some_and(|kind| {
            kind.get("value").is_some_and(Value::is_string) && !kind.contains_key("values")
        })
    };
    if entries.iter().all(typed) { check_template(wish) } else { Err(NotAVerifiedClaimsRequest) }
}

fn check_template(wish: &Value) -> Result<(), NotAVerifiedClaimsRequest> {
    match wish {
        Value::Null => Ok(()),
        Value::Object(members) if members.keys().any(|name| LEAF.contains(&name.as_str())) => {
            check_leaf(wish)
        }
        Value::Object(members) => members.values().try_for_each(check_template),
        Value::Array(entries) if (1..=MOST_ALTERNATIVES).contains(&entries.len()) => {
            entries.iter().all(Value::is_object).then_some(()).ok_or(NotAVerifiedClaimsRequest)?;
            entries.iter().try_for_each(check_template)
        }
        _ => Err(NotAVerifiedClaimsRequest),
    }
}

fn check_leaf(wish: &Value) -> Result<(), NotAVerifiedClaimsRequest> {
    let members = match wish {
        Value::Null => return Ok(()),
        Value::Object(members) => members,
        _ => return Err(NotAVerifiedClaimsRequest),
    };
    let good = members.iter().all(|(name, wish)| match name.as_str() {
        "essential" => wish.is_boolean(),
        "max_age" => wish.as_i64().is_some_and(|seconds| seconds >= 0),
        "values" => wish.as_array().is_some_and(|values| !values.is_empty()),
        _ => true,
    });
    let both = members.contains_key("value") && members.contains_key("values");
    if good && !both { Ok(()) } else { Err(NotAVerifiedClaimsRequest) }
}

#[cfg(test)]
#[path = "verified_claims/tests.rs"]
mod tests;
