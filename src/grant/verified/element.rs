//! One verification in the words of the Identity Assurance Schema §5: framework, level, time, process and evidence.

use serde_json::{Map, Value, json};

use super::{HOW, PREFIX, Question, is_granted};
use crate::crypto::Keys;
use crate::identity::store::verification::{SeenDocument, Verification};
use crate::identity::{CheckMethod, EvidenceKind, IdType, subject};

/// The types of evidence we tell of, for discovery.
pub(super) const EVIDENCE: [&str; 2] = [DOCUMENT, RECORD];
/// The methods by which documents are checked.
pub(super) const DOCUMENT_CHECKS: [CheckMethod; 4] =
    [CheckMethod::Vpip, CheckMethod::Vcrypt, CheckMethod::Pvp, CheckMethod::Bvp];
/// The records that are asked.
pub(super) const RECORDS: [&str; 2] = [POPULATION, BANK];

const DOCUMENT: &str = "document";
const RECORD: &str = "electronic_record";
const POPULATION: &str = "population_register";
const BANK: &str = "bank_account";
/// ICAO Doc 9303 part 3 §5.
const CHINA: &str = "CHN";

/// Everything about one ground that this client may be told; the request filters it.
pub(super) fn of(
    keys: &Keys,
    question: &Question<'_>,
    ground: &Verification,
    (framework, grade): (&str, &str),
) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("trust_framework".into(), json!(framework));
    told.insert("assurance_level".into(), json!(grade));
    if !is_granted(question.granted, HOW) {
        return told;
    }
    told.insert("time".into(), json!(ground.evidence.at.rfc3339()));
    // The same for one client at every time, and for no two sectors: a common one would join what pairwise subjects part.
    let process = subject::of_evidence(keys, question.sector, &ground.id);
    told.insert("verification_process".into(), json!(process));
    told.insert("assurance_process".into(), json!({"procedure": ground.evidence.kind.as_str()}));
    told.insert("evidence".into(), Value::Array(evidence(question, ground)));
    told
}

/// The word of a kind of document, predefined where the specification has one.
pub(super) fn document_type(kind: IdType) -> &'static str {
    match kind {
        IdType::ResidentId => "idcard",
        IdType::ResidencePermitHk
        | IdType::ResidencePermitMo
        | IdType::ResidencePermitTw
        | IdType::ForeignPr
        | IdType::ForeignPrOld => "residence_permit",
        IdType::HkmoTravelPermit | IdType::TwTravelPermit => "travel_permit",
        IdType::Passport => "passport",
    }
}

fn evidence(question: &Question<'_>, ground: &Verification) -> Vec<Value> {
    let methods = &ground.evidence.methods;
    let of_document: Vec<CheckMethod> =
        methods.iter().copied().filter(|method| DOCUMENT_CHECKS.contains(method)).collect();
    match ground.evidence.kind {
        EvidenceKind::WindowVerification => {
            let seen =
                ground.document.as_ref().map(|document| seen(question, ground, (document, &of_document)));
            let asked = methods.contains(&CheckMethod::Data);
            seen.into_iter().chain(asked.then(|| record(ground, POPULATION))).collect()
        }
        EvidenceKind::RegistryMatch | EvidenceKind::FaceMatch | EvidenceKind::Imported => {
            vec![record(ground, POPULATION)]
        }
        EvidenceKind::BankCard => vec![record(ground, BANK)],
        // A signature is told with its issuer and serial number, which are not kept; what is self-asserted verifies nothing.
        EvidenceKind::QualifiedCertificate | EvidenceKind::SelfAsserted => Vec::new(),
    }
}

fn seen(
    question: &Question<'_>,
    ground: &Verification,
    (document, methods): (&SeenDocument, &[CheckMethod]),
) -> Value {
    let mut details = Map::new();
    details.insert("type".into(), json!(document_type(document.kind)));
    if is_granted(question.granted, &format!("{PREFIX}id_number")) {
        details.insert("document_number".into(), json!(document.number));
    }
    let mut issuer = Map::new();
    let country = document.issuing_country.as_deref().unwrap_or(CHINA);
    issuer.insert("country_code".into(), json!(country));
    if let Some(name) = &document.issuer {
        issuer.insert("name".into(), json!(name));
    }
    details.insert("issuer".into(), Value::Object(issuer));
    let dates = [("date_of_issuance", document.valid_from), ("date_of_expiry", document.valid_until)];
    details.extend(
        dates.iter().filter_map(|(name, date)| Some(((*name).to_owned(), json!((*date)?.to_string())))),
    );
    json!({"type": DOCUMENT, "check_details": checks(ground, methods), "document_details": details})
}

fn record(ground: &Verification, kind: &str) -> Value {
    let source = json!({"country_code": CHINA});
    let mut methods: Vec<CheckMethod> = ground.evidence.methods.clone();
    if ground.evidence.kind == EvidenceKind::WindowVerification {
        methods = vec![CheckMethod::Data];
    } else if methods.is_empty() {
        methods.push(CheckMethod::Data);
    }
    json!({"type": RECORD, "check_details": checks(ground, &methods), "record": {"type": kind, "source": source}})
}

fn checks(ground: &Verification, methods: &[CheckMethod]) -> Vec<Value> {
    let time = ground.evidence.at.rfc3339();
    let check = |method: &CheckMethod| {
        let mut told = Map::new();
        told.insert("check_method".into(), json!(method.as_str()));
        told.insert("time".into(), json!(time));
        if let Some(organization) = &ground.organization {
            told.insert("organization".into(), json!(organization));
        }
        Value::Object(told)
    };
    methods.iter().map(check).collect()
}
