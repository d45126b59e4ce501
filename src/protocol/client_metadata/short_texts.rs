//! Texts that a client is told apart by, and its people reached: short, and such as can be read.

use super::{ClientMetadata, MetadataProblem};

const MOST_BYTES: usize = 254;

pub(super) fn problems(metadata: &ClientMetadata) -> Vec<MetadataProblem> {
    let contacts = metadata.contacts.iter().map(|text| ("contacts", text));
    let software = [("software_id", &metadata.software_id), ("software_version", &metadata.software_version)];
    let software = software.into_iter().filter_map(|(member, text)| Some((member, text.as_ref()?)));
    contacts
        .chain(software)
        .filter_map(|(member, text)| Some(MetadataProblem::new(member, problem(text)?)))
        .collect()
}

fn problem(text: &str) -> Option<&'static str> {
    if text.len() > MOST_BYTES {
        return Some("is longer than 254 bytes");
    }
    text.chars().any(char::is_control).then_some("has control characters, which nobody can read")
}
