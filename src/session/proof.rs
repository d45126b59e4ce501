//! A proof: by which method somebody showed who they are, and when.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::identity::strength::{self, Rank, SignInMethod};

/// One proof within a session. The person is the session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub method: Method,
    pub at: Timestamp,
}

/// The methods this build knows, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Password,
}

impl Method {
    /// The word in the audit.
    pub fn word(self) -> &'static str {
        match self {
            Method::Password => "password",
        }
    }

    fn strength(self) -> SignInMethod {
        match self {
            Method::Password => SignInMethod::Password,
        }
    }
}

/// `amr` of the proofs together (RFC 8176).
pub fn amr(proofs: &[Proof]) -> Vec<&'static str> {
    strength::amr(&methods(proofs))
}

/// How strongly the proofs together show who somebody is.
pub fn rank(proofs: &[Proof]) -> Rank {
    strength::rank(&methods(proofs))
}

fn methods(proofs: &[Proof]) -> Vec<SignInMethod> {
    proofs.iter().map(|proof| proof.method.strength()).collect()
}
