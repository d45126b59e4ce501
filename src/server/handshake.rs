//! The TLS handshake: who is asked for a client certificate, and how requests learn which one was shown.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum_server::accept::Accept;
use rustls::ServerConnection;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service;

use super::patience::{Noting, Patience, Watched};
use super::tls::Identity;
use crate::base::ClientCertificate;

const WITHIN: Duration = Duration::from_secs(10);

/// Accepts connections that are watched and encrypted.
#[derive(Clone)]
pub struct Handshake {
    patience: Patience,
    identity: Identity,
}

/// The service of one connection, telling each request what certificate the connection showed.
#[derive(Clone)]
pub struct Showing<S> {
    inner: S,
    certificate: Option<ClientCertificate>,
}

impl Handshake {
    pub fn new(identity: Identity) -> Self {
        Self { patience: Patience::default(), identity }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Handshake {
    type Stream = TlsStream<Watched>;
    type Service = Showing<Noting<S>>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (watched, identity) = (self.patience.accept(stream, service), self.identity.clone());
        Box::pin(async move {
            let (stream, inner) = watched.await?;
            let late = |_| io::Error::from(io::ErrorKind::TimedOut);
            let stream = timeout(WITHIN, shake(stream, &identity)).await.map_err(late)??;
            let certificate = shown(stream.get_ref().1);
            Ok((stream, Showing { inner, certificate }))
        })
    }
}

/// The name the client asks for decides how it is answered.
async fn shake(stream: Watched, identity: &Identity) -> io::Result<TlsStream<Watched>> {
    let begun = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let config = identity.config_for(begun.client_hello().server_name());
    begun.into_stream(config).await
}

fn shown(connection: &ServerConnection) -> Option<ClientCertificate> {
    let chain = connection.peer_certificates().unwrap_or_default();
    ClientCertificate::of_chain(chain.iter().map(|der| der.as_ref().to_vec()).collect())
}

impl<S, B> Service<Request<B>> for Showing<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(certificate) = &self.certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        self.inner.call(request)
    }
}
