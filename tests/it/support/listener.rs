//! A department's server as the service reaches it: a real listener on loopback that keeps what is posted to it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Listens until it is dropped.
pub struct Listener {
    pub address: String,
    heard: Arc<Mutex<Heard>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    bodies: Vec<String>,
    authorizations: Vec<String>,
    answer: StatusCode,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/logout", socket.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let router = Router::new().route("/logout", post(hear)).with_state(heard.clone());
        let serving = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self { address, heard, serving }
    }

    /// Takes every connection and answers none.
    pub async fn that_hangs() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/logout", socket.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((connection, _)) = socket.accept().await {
                open.push(connection);
            }
        });
        Self { address, heard: Arc::default(), serving }
    }

    /// What was posted, oldest first.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().bodies.clone()
    }

    /// The `Authorization` header of each, oldest first.
    pub fn authorizations(&self) -> Vec<String> {
        self.heard.lock().unwrap().authorizations.clone()
    }

    /// Answers like this from now on.
    pub fn answer_with(&self, status: StatusCode) {
        self.heard.lock().unwrap().answer = status;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hear(State(heard): State<Arc<Mutex<Heard>>>, headers: HeaderMap, body: String) -> StatusCode {
    let mut heard = heard.lock().unwrap();
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    heard.authorizations.push(authorization.unwrap_or_default().to_owned());
    heard.bodies.push(body);
    heard.answer
}
