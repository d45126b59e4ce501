//! Declared enterprises: who stands for them and who may act for them, by people's numbers.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value;

use super::members::{Members, title};
use super::person::{DeclaredPerson, Rules};
use super::problem::Problems;
use super::report::Change;
use super::step::Step;
use crate::base::id::{EnterpriseId, PersonId};
use crate::base::{Fault, Timestamp};
use crate::crypto::Keys;
use crate::identity::enterprise_role::Matter;
use crate::identity::store::enterprise::{self, NewRole, StoredRole};
use crate::identity::store::person::{self, NewPerson};
use crate::identity::{
    CreditCode, Document, EnterpriseRole, IdType, PersonKey, PersonName, mask, search_keys,
};
use crate::storage::Run;

pub(super) struct DeclaredEnterprise {
    index: usize,
    code: CreditCode,
    name: String,
    legal_representative: Option<Reference>,
    /// All there are; absent: those on record stay.
    agents: Option<Vec<DeclaredAgent>>,
}

struct DeclaredAgent {
    person: Reference,
    matters: String,
    until: Timestamp,
}

/// A person meant by a number.
enum Reference {
    Document(Document),
    /// A number whose kind nobody said, which is no resident identity number.
    Number(String),
}

const NOBODY: &str = "is nobody's number in this file or on record";

pub(super) fn read(entries: Vec<Value>, rules: Rules, problems: &mut Problems) -> Vec<DeclaredEnterprise> {
    let mut declared: Vec<DeclaredEnterprise> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("enterprises[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index, rules.today)) else { continue };
        match declared.iter().find(|other| other.code.as_str() == one.code.as_str()) {
            Some(other) => {
                problems
                    .add(format!("{at}.credit_code"), format!("is that of enterprises[{}] too", other.index));
            }
            None => declared.push(one),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>, index: usize, today: NaiveDate) -> Option<DeclaredEnterprise> {
    let code = members.needed_parsed("credit_code", CreditCode::parse);
    let name = members.needed_parsed("name", title);
    let legal_representative =
        members.parsed("legal_representative", |number| Reference::read((None, None), number, today));
    let said = members.declares("agents");
    let agents = said.then_some(members.entries("agents", |agent| read_agent(agent, today)));
    let mut seen = BTreeSet::new();
    if !agents.iter().flatten().flat_map(|agent| agent.person.keys()).all(|key| seen.insert(key)) {
        members.refuse("agents", "names a person twice");
    }
    members.close();
    Some(DeclaredEnterprise { index, code: code?, name: name?, legal_representative, agents })
}

fn read_agent(mut members: Members<'_>, today: NaiveDate) -> Option<DeclaredAgent> {
    let kind = members.parsed("id_type", str::parse::<IdType>);
    let country = members.text("issuing_country");
    let person = members
        .needed_parsed("id_number", |number| Reference::read((kind, country.as_deref()), number, today));
    let matters: Result<BTreeSet<Matter>, _> =
        members.texts("matters").iter().map(|matter| matter.parse()).collect();
    match &matters {
        Err(problem) => members.refuse("matters", problem.to_string()),
        Ok(none) if none.is_empty() => members.refuse("matters", "must name at least one matter"),
        Ok(_) => {}
    }
    let until = members.needed_parsed("until", last_day);
    members.close();
    let matters: Vec<String> = matters.ok()?.iter().map(|matter| matter.as_str().to_owned()).collect();
    Some(DeclaredAgent { person: person?, matters: matters.join(" "), until: until? })
}

/// The first moment after a day given as `2030-01-01`, in China.
fn last_day(text: &str) -> Result<Timestamp, &'static str> {
    const HALF_A_DAY: std::time::Duration = std::time::Duration::from_secs(12 * 3600);
    let date =
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "must be a date such as 2030-01-01")?;
    Ok(Timestamp::on_date(date) + HALF_A_DAY)
}

/// Tells whose numbers are neither declared nor on record.
pub(super) async fn check(
    run: &mut impl Run,
    keys: &Keys,
    (declared, people): (&[DeclaredEnterprise], &[DeclaredPerson]),
    problems: &mut Problems,
) -> Result<(), Fault> {
    let declared_people: BTreeSet<PersonKey> = people.iter().flat_map(DeclaredPerson::keys).collect();
    for one in declared {
        let at = format!("enterprises[{}]", one.index);
        let legal =
            one.legal_representative.iter().map(|person| (format!("{at}.legal_representative"), person));
        let agents = one.agents.iter().flatten().enumerate();
        let agents = agents.map(|(index, agent)| (format!("{at}.agents[{index}].id_number"), &agent.person));
        for (place, person) in legal.chain(agents) {
            let is_declared = person.keys().iter().any(|key| declared_people.contains(key));
            if !is_declared && !person.can_be_recorded() && person.find(run, keys).await?.is_none() {
                problems.add(place, NOBODY);
            }
        }
    }
    Ok(())
}

pub(super) async fn write(step: &mut Step<'_>, declared: &DeclaredEnterprise) -> Result<(), Fault> {
    let known = enterprise::find_by_code(step.tx, step.keys, &declared.code).await?;
    let named = (&declared.code, declared.name.as_str());
    let id = enterprise::record(step.tx, step.moment, step.keys, named).await?;
    let roles = enterprise::list_roles(step.tx, &id).await?;
    let mut members = Vec::new();
    if known.as_ref().is_some_and(|known| known.name != declared.name) {
        members.push("name".to_owned());
    }
    if write_legal_representative(step, (&id, &roles), declared).await? {
        members.push("legal_representative".to_owned());
    }
    if write_agents(step, (&id, &roles), declared).await? {
        members.push("agents".to_owned());
    }
    let change = if known.is_none() { Change::New } else { Change::Members(members) };
    step.note("enterprise", (id.as_str(), &mask::credit_code(declared.code.as_str())), &change).await
}

async fn write_legal_representative(
    step: &mut Step<'_>,
    (id, roles): (&EnterpriseId, &[StoredRole]),
    declared: &DeclaredEnterprise,
) -> Result<bool, Fault> {
    let Some(reference) = &declared.legal_representative else { return Ok(false) };
    let Some(person) = reference.find_or_record(step).await? else {
        step.problems.add(format!("enterprises[{}].legal_representative", declared.index), NOBODY);
        return Ok(false);
    };
    let role = EnterpriseRole::LegalRepresentative;
    let known = roles.iter().find(|one| one.role == role.as_str());
    if known.is_some_and(|known| known.person == person.as_str()) {
        return Ok(false);
    }
    if let Some(known) = known {
        enterprise::end_role(step.tx, step.moment, &known.id).await?;
    }
    let new = NewRole { enterprise: id, person: &person, role, matters: "", until: None };
    enterprise::insert_role(step.tx, step.moment, &new).await?;
    Ok(true)
}

/// Who is not named any more is no agent any more.
async fn write_agents(
    step: &mut Step<'_>,
    (id, roles): (&EnterpriseId, &[StoredRole]),
    declared: &DeclaredEnterprise,
) -> Result<bool, Fault> {
    let Some(agents) = &declared.agents else { return Ok(false) };
    let role = EnterpriseRole::Agent;
    let known: Vec<&StoredRole> = roles.iter().filter(|one| one.role == role.as_str()).collect();
    let (mut named, mut changed) = (BTreeSet::new(), false);
    for (index, agent) in agents.iter().enumerate() {
        let at = format!("enterprises[{}].agents[{index}]", declared.index);
        let Some(person) = agent.person.find_or_record(step).await? else {
            step.problems.add(format!("{at}.id_number"), NOBODY);
            continue;
        };
        let known = known.iter().find(|one| one.person == person.as_str());
        changed |= write_agent(step, (id, known.copied()), (&person, agent), &at).await?;
        named.insert(person.as_str().to_owned());
    }
    for gone in known.iter().filter(|one| !named.contains(&one.person)) {
        enterprise::end_role(step.tx, step.moment, &gone.id).await?;
        changed = true;
    }
    Ok(changed)
}

async fn write_agent(
    step: &mut Step<'_>,
    (id, known): (&EnterpriseId, Option<&StoredRole>),
    (person, agent): (&PersonId, &DeclaredAgent),
    at: &str,
) -> Result<bool, Fault> {
    let until = agent.until.micros();
    if known.is_some_and(|known| known.matters == agent.matters && known.until == Some(until)) {
        return Ok(false);
    }
    // A state that was good when it was first applied stays good; only a new role must not be over already.
    if agent.until <= step.moment.now {
        step.problems.add(format!("{at}.until"), "has passed");
        return Ok(false);
    }
    if let Some(known) = known {
        enterprise::end_role(step.tx, step.moment, &known.id).await?;
    }
    let role = EnterpriseRole::Agent;
    let new = NewRole { enterprise: id, person, role, matters: &agent.matters, until: Some(agent.until) };
    enterprise::insert_role(step.tx, step.moment, &new).await?;
    Ok(true)
}

impl Reference {
    /// A number that passes its rules names a person, on record or not yet; an old 15-digit one only finds people.
    fn can_be_recorded(&self) -> bool {
        matches!(self, Self::Document(_))
    }

    /// The person, recorded by number alone where nobody is on record: their name comes with their card.
    async fn find_or_record(&self, step: &mut Step<'_>) -> Result<Option<PersonId>, Fault> {
        if let Some(id) = self.find(step.tx, step.keys).await? {
            return Ok(Some(id));
        }
        let Self::Document(document) = self else { return Ok(None) };
        let name = PersonName::not_yet_known();
        let new = NewPerson { name: &name, document, valid_until: None, claims: None, source: "apply" };
        let recorded = person::record(step.tx, step.moment, step.keys, &new).await?;
        Ok(Some(recorded.id().clone()))
    }

    /// A number whose kind is not said is a resident identity number, if it can be.
    fn read(
        (kind, country): (Option<IdType>, Option<&str>),
        number: &str,
        today: NaiveDate,
    ) -> Result<Self, String> {
        match Document::parse(kind.unwrap_or(IdType::ResidentId), number, country, today) {
            Ok(document) => Ok(Self::Document(document)),
            Err(_) if kind.is_none() && !search_keys(number).persons.is_empty() => {
                Ok(Self::Number(number.to_owned()))
            }
            Err(problem) => Err(problem.to_string()),
        }
    }

    fn keys(&self) -> Vec<PersonKey> {
        match self {
            Self::Document(document) => vec![document.same_person_key()],
            Self::Number(number) => search_keys(number).persons,
        }
    }

    async fn find(&self, run: &mut impl Run, keys: &Keys) -> Result<Option<PersonId>, Fault> {
        match self {
            Self::Document(document) => person::find_by_document(run, keys, document).await,
            Self::Number(number) => person::find_by_number(run, keys, number).await,
        }
    }
}
