//! The sample state on record: declared at the first start only, and told as it stands at every one.

use super::state::{Login, State};
use crate::app::App;
use crate::base::{Fault, Secret};
use crate::cli::declare;
use crate::cli::problem::Problem;
use crate::client::store;
use crate::hall::clerk;
use crate::identity::Level;
use crate::identity::store::account::Account;
use crate::identity::store::{account, person, proof};

/// Someone who can sign in, as they are on record.
pub struct Standing {
    pub name: String,
    pub username: String,
    /// None where it is not the sample's any more.
    pub password: Option<String>,
    /// What staff have none of.
    pub citizen: Option<Citizen>,
}

pub struct Citizen {
    pub id_number: String,
    pub level: Level,
}

/// Declares everything at the first start. Later ones declare the systems they run, whose addresses and secrets they
/// decide; the rest belongs by then to those who worked with it: a name verified at the window, a role that was ended.
pub async fn declare(app: &App, state: &State) -> Result<(), Problem> {
    // The state comes in one transaction: where the portal is, everything was.
    let text = match store::find(&mut app.db.read(), PORTAL).await? {
        Some(_) => state.systems(),
        None => state.whole(),
    };
    declare::declare(app, &text).await.map(|_| ())
}

/// The sample's citizens and staff who are on record.
pub async fn people(app: &App, state: &State) -> Result<Vec<Standing>, Problem> {
    let mut people = Vec::new();
    for login in state.citizens() {
        people.extend(citizen(app, &login).await?);
    }
    for login in state.staff() {
        people.extend(clerk(app, &login).await?);
    }
    Ok(people)
}

/// A system of the first sample and every later one.
const PORTAL: &str = "portal";

async fn citizen(app: &App, login: &Login<'_>) -> Result<Option<Standing>, Problem> {
    let mut reader = app.db.read();
    let Some(number) = login.id_number else { return Ok(None) };
    let Some(id) = person::find_by_number(&mut reader, &app.keys, number).await? else { return Ok(None) };
    let Some(person) = person::find(&mut reader, &app.keys, &id).await? else { return Ok(None) };
    let Some(account) = account::find_of_person(&mut reader, &id).await? else { return Ok(None) };
    let contact = account::contact(&mut reader, &app.keys, &account.id).await?;
    let evidence = proof::list_of_account(&mut reader, &account.id).await?;
    let number = person.primary()?.number.clone();
    let Account { password_hash, .. } = account;
    Ok(Some(Standing {
        name: person.name,
        username: contact.and_then(|contact| contact.login_name).unwrap_or_else(|| number.clone()),
        password: still(app, login.password, password_hash).await?,
        citizen: Some(Citizen {
            id_number: number,
            level: proof::assurance_of(&evidence, app.clock.now()).level,
        }),
    }))
}

async fn clerk(app: &App, login: &Login<'_>) -> Result<Option<Standing>, Problem> {
    let hash = clerk::find_password_hash(&mut app.db.read(), login.username).await?;
    Ok(Some(Standing {
        name: login.name.to_owned(),
        username: login.username.to_owned(),
        password: still(app, login.password, hash).await?,
        citizen: None,
    }))
}

/// The sample's password, where it still opens the account.
async fn still(app: &App, password: &str, hash: Option<String>) -> Result<Option<String>, Problem> {
    let Some(hash) = hash else { return Ok(None) };
    let fits = app.passwords.verify(Secret::new(password), Some(&hash)).await.map_err(Fault::from)?;
    Ok(fits.then(|| password.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::app::Choices;
    use crate::base::scratch::Scratch;
    use crate::cli::demo::greeting;
    use crate::cli::demo::installation::{self, Installation};
    use crate::config::Settings;

    struct Start {
        app: Arc<App>,
        installation: Installation,
        state: State,
    }

    async fn start(port: u16, data: &Path) -> Start {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let settings = installation::settings(port, data).unwrap();
        let settings = Settings { password_memory_kib: 64, password_passes: 1, ..settings };
        let app = App::open(settings, Choices::default()).await.unwrap();
        let installation = Installation::open(port, data, &app).unwrap();
        let state = State::read(&installation).unwrap();
        declare(&app, &state).await.unwrap();
        Start { app, installation, state }
    }

    impl Start {
        async fn greeting(&self) -> String {
            greeting::text(&self.installation, &people(&self.app, &self.state).await.unwrap())
        }

        async fn portal(&self) -> String {
            let client = store::find(&mut self.app.db.read(), PORTAL).await.unwrap().unwrap();
            client.metadata.redirect_uris[0].clone()
        }

        /// What would have to be changed for everything to be as `state` says.
        async fn differs(&self, state: &Value) -> Vec<String> {
            let text = state.to_string();
            declare::declare(&self.app, &text).await.unwrap().lines().to_vec()
        }
    }

    /// Everything that somebody may have changed since the first start.
    fn changed(state: &State) -> Value {
        let mut value: Value = serde_json::from_str(&state.whole()).unwrap();
        value.as_object_mut().unwrap().remove("clients");
        value["departments"][1]["name"] = json!("市人力资源局");
        value["people"][1]["name"] = json!("李秀瑛");
        let first = &mut value["people"][0];
        first["phone"] = json!("13800000009");
        first["login_name"] = json!("guifang");
        first["password"] = json!("Another-Harbor-2026");
        first["claims"] = json!({"email": "guifang@example.cn"});
        first["loa"] = json!(2);
        value["enterprises"][0]["name"] = json!("晨光科技有限公司");
        value["enterprises"][0]["agents"] = json!([]);
        value["halls"][0]["windows"] = json!(["A01", "A02", "A03"]);
        value["staff"][0]["password"] = json!("Another-Clerk-2026");
        value
    }

    #[tokio::test]
    async fn a_later_start_leaves_alone_what_was_changed_and_takes_its_own_ports() {
        let data = Scratch::open();
        let first = start(8100, data.path()).await;
        let greeting = first.greeting().await;
        for told in [
            "Sunny-Harbor-2026",
            "张桂芳 · 证件号 ID number 11010519491231002X · 等级 level 1",
            "Window-Clerk-2026",
        ] {
            assert!(greeting.contains(told), "{told} is not in {greeting}");
        }
        assert_eq!(first.portal().await, "http://localhost:8101/callback");
        let changed = changed(&first.state);
        assert_eq!(first.differs(&changed).await.len(), 6);
        first.app.close().await;

        let second = start(8200, data.path()).await;
        assert_eq!(second.portal().await, "http://localhost:8201/callback");
        let greeting = second.greeting().await;
        for told in ["guifang ", "（已更改 changed）  张桂芳", "李秀瑛", "11010519491231002X · 等级 level 2"]
        {
            assert!(greeting.contains(told), "{told} is not in {greeting}");
        }
        for gone in ["Sunny-Harbor-2026", "citizen1 ", "Window-Clerk-2026", "李秀英"] {
            assert!(!greeting.contains(gone), "{gone} is in {greeting}");
        }
        assert_eq!(second.differs(&changed).await, Vec::<String>::new());
        second.app.close().await;
    }
}
