//! Which clients see a person under the same pairwise `sub` (OIDC Core §8.1).

use std::collections::BTreeSet;

use super::{ClientMetadata, MetadataProblem, SubjectType};
use crate::protocol::redirect::{RedirectForm, RedirectUri};

/// Who shares a pairwise subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sector {
    /// Every client of this host.
    Host(String),
    /// This client alone: loopback addresses and private-use schemes belong to no host, so they join nobody.
    Client,
}

impl ClientMetadata {
    /// The host of `sector_identifier_uri`, or the one host of the redirect URIs.
    pub fn sector(&self) -> Result<Sector, MetadataProblem> {
        if let Some(address) = &self.sector_identifier_uri {
            // Loopback is for development, as with every other address.
            let uri = address.parse::<RedirectUri>().ok();
            return match uri.and_then(|uri| uri.host()) {
                Some(host) => Ok(Sector::Host(host)),
                None => Err(problem("must be an https address")),
            };
        }
        let hosts: BTreeSet<String> = self.redirect_uris.iter().filter_map(|uri| host(uri)).collect();
        let several = hosts.len() > 1;
        match hosts.into_iter().next() {
            // OIDC Core §8.1: several hosts need a sector identifier.
            Some(_) if several && self.subject_type == SubjectType::Pairwise => {
                Err(problem("is needed: the redirect URIs have several hosts and sub is pairwise"))
            }
            Some(host) => Ok(Sector::Host(host)),
            None => Ok(Sector::Client),
        }
    }
}

fn host(address: &str) -> Option<String> {
    let uri = address.parse::<RedirectUri>().ok()?;
    if uri.form() == RedirectForm::Https { uri.host() } else { None }
}

fn problem(what: &str) -> MetadataProblem {
    MetadataProblem::new("sector_identifier_uri", what)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sector(members: Value) -> Result<Sector, String> {
        let metadata: ClientMetadata = serde_json::from_value(members).unwrap();
        metadata.sector().map_err(|problem| problem.member)
    }

    #[test]
    fn is_the_one_host_or_what_the_client_says() {
        let host = |name: &str| Ok(Sector::Host(name.to_owned()));
        let cases = [
            (
                json!({"redirect_uris": ["https://A.example/1", "https://a.example:8443/2"]}),
                host("a.example"),
            ),
            (json!({"redirect_uris": ["https://a.example/", "http://localhost:1/"]}), host("a.example")),
            (json!({"redirect_uris": ["http://localhost:1/"]}), Ok(Sector::Client)),
            (json!({"redirect_uris": ["com.example.app:/"]}), Ok(Sector::Client)),
            (json!({}), Ok(Sector::Client)),
            (
                json!({"redirect_uris": ["https://a.example/", "https://b.example/"],
                       "sector_identifier_uri": "https://s.example/list.json"}),
                host("s.example"),
            ),
            (
                json!({"redirect_uris": ["https://a.example/", "https://b.example/"]}),
                Err("sector_identifier_uri".to_owned()),
            ),
            (
                json!({"redirect_uris": ["https://a.example/", "https://b.example/"], "subject_type": "public"}),
                host("a.example"),
            ),
            (json!({"sector_identifier_uri": "http://a.example/"}), Err("sector_identifier_uri".to_owned())),
        ];
        for (members, expected) in cases {
            assert_eq!(sector(members.clone()), expected, "{members}");
        }
    }
}
