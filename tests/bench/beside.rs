//! Operations beside what their signatures, their verifications and their durable rows alone cost in the same run.

use std::time::Duration;

use crate::load::Row;
use crate::parts::Parts;
use crate::plan::Stand;
use crate::stored::Stored;

/// One operation and its parts.
pub struct Beside {
    pub operation: String,
    /// In words.
    pub made_of: String,
    /// Processor time of the parts alone.
    pub alone: Duration,
    /// The same with its HTTP answers, each as cheap as a greeting, and its reads; where this run measured the greeting.
    pub whole: Option<Duration>,
    /// Processor time of the server.
    pub cpu: Duration,
}

/// What an operation cannot do without; its durable rows are the transactions it was seen to make.
struct Needed {
    operation: &'static str,
    signatures: &'static [&'static str],
    verifications: u32,
    /// HTTP answers.
    answers: u32,
}

const NEEDED: &[Needed] = &[
    needed("sso-hop-es256", &["ES256"], 0, 3),
    needed("sso-hop-rs256", &["RS256"], 0, 3),
    needed("code-exchange", &["ES256"], 0, 1),
    needed("refresh", &["ES256"], 0, 1),
    needed("client-credentials", &[], 0, 1),
    needed("dpop-refresh", &["ES256"], 1, 1),
    needed("dpop-userinfo", &[], 1, 1),
    // Two assertions, three proofs, an ID token.
    needed("fapi2-hop", &["ES256"], 5, 4),
    // Codes, two polls, three pages.
    needed("device", &["ES256"], 0, 6),
    // The certificate's signature by its authority.
    needed("mtls-token", &[], 1, 1),
    // Each side signs the handshake once; a certificate is believed only where it counts (`mtls-token`).
    needed("mtls-handshake", &["ES256"], 1, 1),
];

const fn needed(
    operation: &'static str,
    signatures: &'static [&'static str],
    verifications: u32,
    answers: u32,
) -> Needed {
    Needed { operation, signatures, verifications, answers }
}

/// The operations of this run that have such parts.
pub fn compare(stand: &Stand, rows: &[Row], parts: &Parts) -> Vec<Beside> {
    let stored = match stand {
        Stand::Sqlite => Some(&parts.sqlite),
        Stand::Postgres { .. } => parts.postgres.as_ref(),
    };
    let Some(stored) = stored else { return Vec::new() };
    let greeting = rows.iter().find(|row| row.name == "greeting" && row.rate > 0.0).map(|row| row.cpu);
    let measured = rows.iter().filter(|row| row.rate > 0.0);
    measured
        .filter_map(|row| {
            let needed = NEEDED.iter().find(|needed| needed.operation == row.name)?;
            needed.beside(row, parts, (stored, greeting))
        })
        .collect()
}

impl Needed {
    fn beside(
        &self,
        row: &Row,
        parts: &Parts,
        (stored, greeting): (&Stored, Option<Duration>),
    ) -> Option<Beside> {
        let signatures = self.signatures.iter().map(|algorithm| parts.signature(algorithm));
        let signatures: Option<Duration> = signatures.map(|cost| cost.map(|cost| cost.cpu)).sum();
        // To the whole: the service's own sweeps run beside the load.
        let trips = |kind: &str| row.trips.get(kind).copied().unwrap_or(0.0).round() as u32;
        let rows = trips("transaction");
        let alone = signatures? + self.verifications * parts.verification.cpu + rows * stored.grouped.cpu;
        let reads = trips("read") * stored.read.cpu;
        Some(Beside {
            operation: row.name.clone(),
            made_of: self.words(rows),
            alone,
            whole: greeting.map(|greeting| alone + self.answers * greeting + reads),
            cpu: row.cpu,
        })
    }

    fn words(&self, rows: u32) -> String {
        let mut words: Vec<_> = self.signatures.iter().map(|name| format!("{name} signature")).collect();
        match self.verifications {
            0 => {}
            1 => words.push("ES256 verification".to_owned()),
            several => words.push(format!("{several} ES256 verifications")),
        }
        match rows {
            0 => {}
            1 => words.push("durable row".to_owned()),
            several => words.push(format!("{several} durable rows")),
        }
        words.join(" + ")
    }
}
