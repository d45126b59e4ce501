//! Why a command failed: one line, with what to do.

use crate::app::OpenProblem;
use crate::base::Fault;
use crate::config::raw::SettingsProblem;
use crate::crypto::keystore::KeyStoreProblem;
use crate::server::ServeProblem;
use crate::server::listen::ListenProblem;
use crate::server::tls::TlsProblem;
use crate::storage::migrate::SchemaProblem;
use crate::storage::with_advice;

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Settings(#[from] SettingsProblem),
    #[error(transparent)]
    Open(#[from] OpenProblem),
    #[error(transparent)]
    Schema(#[from] SchemaProblem),
    #[error(transparent)]
    Keys(#[from] KeyStoreProblem),
    #[error(transparent)]
    Listen(#[from] ListenProblem),
    #[error(transparent)]
    Tls(#[from] TlsProblem),
    #[error(transparent)]
    Serve(#[from] ServeProblem),
    #[error("{what}: {cause}")]
    File { what: String, cause: std::io::Error },
    #[error("it was done, but the answer could not be printed: {0}")]
    NotPrinted(std::io::Error),
    #[error("{}", with_advice(.0))]
    Fault(#[from] Fault),
    /// What a command found, in its own words.
    #[error("{0}")]
    Found(String),
}
