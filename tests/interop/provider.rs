//! The built program as its own process, with the clients of this folder declared.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

pub const LOGIN: &str = "citizen1";
pub const PASSWORD: &str = "Sunny-Harbor-2026";

const PATIENCE: Duration = Duration::from_secs(60);

/// A running service.
pub struct Provider {
    pub issuer: String,
    pub folder: PathBuf,
    pub spa_port: u16,
    pub apache_port: u16,
    process: Child,
}

impl Provider {
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("tongyao-interop-{}", Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        let (port, spa_port, apache_port) = (free_port(), free_port(), free_port());
        let issuer = format!("http://localhost:{port}");
        let settings = [
            ("TONGYAO_ISSUER", issuer.clone()),
            ("TONGYAO_LISTEN", format!("127.0.0.1:{port}")),
            ("TONGYAO_DATA_DIR", folder.join("data").display().to_string()),
            ("TONGYAO_SANDBOX", "true".to_owned()),
            ("TONGYAO_ALLOW_LOOPBACK", "true".to_owned()),
        ];
        let declared = folder.join("declared.json");
        fs::write(&declared, declared_state(spa_port, apache_port).to_string()).unwrap();
        let program = env!("CARGO_BIN_EXE_tongyao");
        let applied =
            Command::new(program).arg("apply").arg(&declared).envs(settings.clone()).output().unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        let log = File::create(folder.join("service.log")).unwrap();
        let process = Command::new(program)
            .arg("serve")
            .envs(settings)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let provider = Self { issuer, folder, spa_port, apache_port, process };
        provider.wait(port);
        provider
    }

    pub fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.folder.join("service.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn wait(&self, port: u16) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "the service does not listen\n{}", self.log_tail());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn declared_state(spa_port: u16, apache_port: u16) -> Value {
    let mut key: Value = serde_json::from_str(include_str!("clients/client-key.json")).unwrap();
    key.as_object_mut().unwrap().remove("d");
    let keys = json!({"keys": [key]});
    let system = |id: &str, more: Value| {
        let mut client = json!({
            "client_id": id, "department": "city", "client_name": id, "redirect_uris": ["https://rp.example/cb"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid profile offline_access records.read",
            "client_secret": format!("{id}-secret-0123456789-0123456789-0123456789"),
        });
        for (name, value) in more.as_object().unwrap() {
            client[name] = value.clone();
        }
        let method = client["token_endpoint_auth_method"].as_str().unwrap_or_default();
        if matches!(method, "none" | "private_key_jwt") {
            client.as_object_mut().unwrap().remove("client_secret");
        }
        client
    };
    let by_key = json!({
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256", "jwks": keys,
    });
    let with = |more: Value| {
        let mut members = by_key.clone();
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        members
    };
    let spa = format!("http://localhost:{spa_port}");
    let site = format!("http://localhost:{apache_port}");
    json!({
        "departments": [{"id": "city", "name": "市大数据局", "level": "city"}],
        "clients": [
            system("node-basic", json!({"token_endpoint_auth_method": "client_secret_basic"})),
            system("node-post", json!({"token_endpoint_auth_method": "client_secret_post"})),
            system("node-jwt", by_key.clone()),
            system("node-dpop", with(json!({"dpop_bound_access_tokens": true}))),
            system("node-fapi2", with(json!({"profile": "fapi2", "dpop_bound_access_tokens": true}))),
            system("node-signed", with(json!({
                "profile": "fapi2_message_signing", "dpop_bound_access_tokens": true,
                "introspection_signed_response_alg": "ES256", "authorization_details_types": ["matter"],
            }))),
            system("node-ciba", with(json!({
                "profile": "fapi2", "dpop_bound_access_tokens": true, "redirect_uris": [], "response_types": [],
                "grant_types": ["urn:openid:params:grant-type:ciba"], "backchannel_token_delivery_mode": "poll",
            }))),
            system("py-basic", json!({"token_endpoint_auth_method": "client_secret_basic"})),
            system("py-post", json!({"token_endpoint_auth_method": "client_secret_post"})),
            system("py-jwt", by_key.clone()),
            system("spa", json!({
                "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
                "redirect_uris": [format!("{spa}/cb"), format!("{spa}/silent")],
                "post_logout_redirect_uris": [format!("{spa}/")],
            })),
            system("apache", json!({
                "grant_types": ["authorization_code"],
                "redirect_uris": [format!("{site}/protected/cb")],
                "backchannel_logout_uri": format!("{site}/protected/cb?logout=backchannel"),
                "backchannel_logout_session_required": true,
            })),
        ],
        "people": [{
            "id_type": "resident_id", "id_number": "11010519491231002X", "name": "张桂芳", "phone": "13800000001",
            "login_name": LOGIN, "password": PASSWORD, "loa": 1,
        }],
    })
}
