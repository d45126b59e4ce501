//! The client certificate of a connection: who connected has proved to hold its key, nothing else is known of it yet.

use std::fmt;
use std::sync::Arc;

/// A chain in DER, the client's own certificate first; never empty. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Arc<[Vec<u8>]>);

impl ClientCertificate {
    /// Absent when the chain is empty.
    pub fn of_chain(chain: Vec<Vec<u8>>) -> Option<Self> {
        (!chain.is_empty()).then(|| Self(chain.into()))
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &[u8] {
        self.0.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// What was sent above it.
    pub fn intermediates(&self) -> &[Vec<u8>] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl fmt::Debug for ClientCertificate {
    /// A subject may name a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a chain of {}", self.0.len())
    }
}
