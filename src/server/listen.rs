//! The addresses the service listens on, taken before anything else so that a taken port is told in one line.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::tls::{Asks, Identity, TlsProblem};
use crate::config::Settings;

/// The listeners of a service, and its certificate.
pub struct Doors {
    pub main: Vec<TcpListener>,
    pub metrics: Option<TcpListener>,
    pub certificate: Option<Identity>,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenProblem {
    #[error("{address} is in use by another program: stop it, or change {set_by}")]
    InUse { address: SocketAddr, set_by: String },
    #[error("{address} cannot be listened on ({cause}): change {set_by}")]
    Refused { address: SocketAddr, set_by: String, cause: std::io::Error },
    #[error(transparent)]
    Tls(#[from] TlsProblem),
}

impl Doors {
    /// As the settings say.
    pub async fn open(settings: &Settings) -> Result<Self, ListenProblem> {
        let main = vec![listen(settings.listen, "TONGYAO_LISTEN").await?];
        Ok(Self { main, ..Self::beside(settings).await? })
    }

    /// Everything but the main listeners.
    pub async fn beside(settings: &Settings) -> Result<Self, ListenProblem> {
        let metrics = match settings.metrics_listen {
            Some(address) => Some(listen(address, "TONGYAO_METRICS_LISTEN").await?),
            None => None,
        };
        let certificate = match &settings.tls {
            Some(files) => Some(Identity::load(files, Asks::at(settings.mtls_url.as_deref()))?),
            None => None,
        };
        Ok(Self { main: Vec::new(), metrics, certificate })
    }
}

/// Listens on one address; `set_by` names what a person changes when it is taken.
pub async fn listen(address: SocketAddr, set_by: &str) -> Result<TcpListener, ListenProblem> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        ErrorKind::AddrInUse => ListenProblem::InUse { address, set_by: set_by.to_owned() },
        _ => ListenProblem::Refused { address, set_by: set_by.to_owned(), cause },
    })
}
