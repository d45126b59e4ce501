//! The service behind its own TLS on a real socket, and a client that may show a certificate.

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tongyao::config::Tls;
use tongyao::jobs::{Stop, Stopper, pair};
use tongyao::server::tls::{Asks, Identity};
use tongyao::server::{Doors, Orders};

use super::certificates::{Authority, Certified};
use super::wire::Answer;
use super::world::World;

/// Serves until it is dropped.
pub struct Encrypted {
    address: std::net::SocketAddr,
    authority: Authority,
    folder: PathBuf,
    serving: JoinHandle<()>,
    _stopper: Stopper,
}

impl Encrypted {
    pub async fn start(world: &World, asks: Asks) -> Self {
        let authority = Authority::new("server authority");
        let certified = authority.certify_server(&["localhost", "mtls.localhost"]);
        let folder = std::env::temp_dir().join(format!("tongyao-tls-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        let files = Tls { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.cert, &certified.pem).unwrap();
        std::fs::write(&files.key, certified.key.serialize_pem()).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let identity = Identity::load(&files, asks).unwrap();
        let doors = Doors { main: vec![socket], metrics: None, certificate: Some(identity) };
        let (stopper, stop): (Stopper, Stop) = pair();
        let figures = PrometheusBuilder::new().build_recorder().handle();
        let app = world.app.clone();
        let serving = tokio::spawn(async move {
            tongyao::server::run(app, doors, figures, Orders::only(stop)).await.unwrap()
        });
        Self { address, authority, folder, serving, _stopper: stopper }
    }

    /// A form posted over a connection of its own.
    pub async fn post(
        &self,
        host: &'static str,
        path: &str,
        shown: Option<&Certified>,
        body: &str,
    ) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        );
        self.exchange(host, shown, &head).await
    }

    pub async fn get(
        &self,
        host: &'static str,
        path: &str,
        shown: Option<&Certified>,
        token: &str,
    ) -> Answer {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        self.exchange(host, shown, &head).await
    }

    async fn exchange(&self, host: &'static str, shown: Option<&Certified>, text: &str) -> Answer {
        let mut roots = RootCertStore::empty();
        let root = rustls::pki_types::pem::PemObject::from_pem_slice(self.authority.pem.as_bytes()).unwrap();
        roots.add(root).unwrap();
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some(certified) => {
                let key = PrivateKeyDer::try_from(certified.key.serialize_der()).unwrap();
                builder.with_client_auth_cert(vec![CertificateDer::from(certified.der.clone())], key).unwrap()
            }
        };
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(host).unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        read(&String::from_utf8(answer).unwrap())
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        self.serving.abort();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Our answers are whole and say their length.
fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    Answer { status: StatusCode::from_bytes(status.as_bytes()).unwrap(), headers, body: body.to_owned() }
}
