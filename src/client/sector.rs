//! The document behind `sector_identifier_uri`: fetched with the guards of every outgoing call, it must list the client's
//! addresses (OIDC Core §8.1), so that nobody joins a sector that does not know them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::gateway::Outgoing;
use crate::protocol::json::{Bounds, parse};
use crate::protocol::{ClientMetadata, Refusal};

const LARGEST: usize = 64 * 1024;

/// Whether the sector a client names knows it. A client that names none has nothing to show.
pub async fn verify(outgoing: &Outgoing, metadata: &ClientMetadata) -> Result<(), Refusal> {
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let document = outgoing.get(uri, LARGEST).await.map_err(|_| Refusal::SectorUnavailable)?;
    if lists(&document, metadata) { Ok(()) } else { Err(Refusal::SectorIncomplete) }
}

/// Whether a document lists every address of the client.
pub fn lists(document: &[u8], metadata: &ClientMetadata) -> bool {
    let text = String::from_utf8_lossy(document);
    let Ok(Value::Array(listed)) = parse(&text, Bounds { bytes: LARGEST, depth: 2 }) else { return false };
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let known = |uri: &String| listed.contains(uri.as_str());
    if metadata.redirect_uris.is_empty() {
        // Without any address of its own a client would join every sector: it is known by its keys (CIBA Core §4).
        return metadata.jwks_uri.as_ref().is_some_and(known);
    }
    metadata.redirect_uris.iter().all(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(document: &str, members: Value) -> bool {
        lists(document.as_bytes(), &serde_json::from_value(members).unwrap())
    }

    #[test]
    fn every_address_must_be_listed_byte_for_byte() {
        let two = json!({"redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
                         "sector_identifier_uri": "https://s.example/x"});
        assert!(known(
            r#"["https://b.example/cb", "https://a.example/cb", "https://c.example/"]"#,
            two.clone()
        ));
        for document in [
            r#"["https://a.example/cb"]"#,
            r#"["https://a.example/cb", "https://B.example/cb"]"#,
            r#"{"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]}"#,
            r#"[["https://a.example/cb", "https://b.example/cb"]]"#,
            "[]",
            "",
            "<html>",
        ] {
            assert!(!known(document, two.clone()), "{document}");
        }
    }

    #[test]
    fn a_client_without_addresses_joins_by_its_keys_only() {
        let none =
            json!({"sector_identifier_uri": "https://s.example/x", "jwks_uri": "https://a.example/jwks"});
        assert!(known(r#"["https://a.example/jwks"]"#, none.clone()));
        assert!(!known(r#"["https://a.example/cb"]"#, none));
        assert!(!known("[]", json!({"sector_identifier_uri": "https://s.example/x"})));
    }
}
