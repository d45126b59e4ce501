//! The sample state: departments, systems, people, an enterprise, a hall and its clerk, as declared state.

use serde_json::{Value, json};

use super::installation::Installation;
use crate::base::{Fault, Secret};
use crate::cli::problem::Problem;
use crate::sample::RelyingSettings;

const SAMPLE: &str = include_str!("sample.json");

/// The declared state of a demo.
pub struct State {
    value: Value,
    systems: Vec<String>,
}

/// Someone who can sign in, as they are declared.
pub struct Login<'a> {
    pub name: &'a str,
    pub username: &'a str,
    pub password: &'a str,
    /// Of a citizen; staff have none.
    pub id_number: Option<&'a str>,
}

/// The secret that the sample state itself gives a client.
pub fn declared_secret(client_id: &str) -> Result<Secret, Problem> {
    let value = sample()?;
    let clients = value["clients"].as_array().map(Vec::as_slice).unwrap_or_default();
    let client = clients.iter().find(|client| client["client_id"] == client_id);
    let secret = client.and_then(|client| client["client_secret"].as_str());
    let missing = || Fault::broken("the sample state gives this client no secret");
    Ok(Secret::new(secret.ok_or_else(missing)?))
}

fn sample() -> Result<Value, Problem> {
    Ok(serde_json::from_str(SAMPLE).map_err(|error| Fault::broken("the sample state").because(error))?)
}

impl State {
    /// The sample, with the addresses and secrets of this installation.
    pub fn read(installation: &Installation) -> Result<Self, Problem> {
        let mut value = sample()?;
        for system in [&installation.portal, &installation.department] {
            register(&mut value, system);
        }
        let systems = [&installation.portal, &installation.department, &installation.hotline];
        Ok(Self { value, systems: systems.map(|system| system.client_id.clone()).into() })
    }

    /// Everything, as `apply` reads it.
    pub fn whole(&self) -> String {
        self.value.to_string()
    }

    /// The systems that run beside the service, alone: what depends on ports and secrets.
    pub fn systems(&self) -> String {
        let clients = self.value["clients"].as_array().map(Vec::as_slice).unwrap_or_default();
        let runs = |client: &&Value| self.systems.iter().any(|id| client["client_id"] == id.as_str());
        json!({ "clients": clients.iter().filter(runs).collect::<Vec<_>>() }).to_string()
    }

    pub fn citizens(&self) -> impl Iterator<Item = Login<'_>> {
        self.logins("people", "login_name")
    }

    pub fn staff(&self) -> impl Iterator<Item = Login<'_>> {
        self.logins("staff", "login")
    }

    fn logins<'a>(&'a self, section: &str, username: &'static str) -> impl Iterator<Item = Login<'a>> {
        let entries = self.value[section].as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter_map(move |entry| {
            Some(Login {
                name: entry["name"].as_str()?,
                username: entry[username].as_str()?,
                password: entry["password"].as_str()?,
                id_number: entry["id_number"].as_str(),
            })
        })
    }
}

fn register(state: &mut Value, system: &RelyingSettings) {
    let clients = state["clients"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    for client in clients.iter_mut().filter(|client| client["client_id"] == system.client_id.as_str()) {
        client["client_secret"] = json!(system.client_secret.expose());
        client["redirect_uris"] = json!([system.redirect_uri()]);
        client["post_logout_redirect_uris"] = json!([system.post_logout_redirect_uri()]);
        client["initiate_login_uri"] = json!(system.initiate_login_uri());
        client["backchannel_logout_uri"] = json!(system.backchannel_logout_uri());
        if client["frontchannel_logout_session_required"] == true {
            client["frontchannel_logout_uri"] = json!(system.frontchannel_logout_uri());
        }
    }
}
