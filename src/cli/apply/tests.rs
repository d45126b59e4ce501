//! Declared state applied to a real database.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::base::random::{Random, System};
use crate::base::scratch::Scratch;
use crate::base::time::{Clock, ManualClock};
use crate::base::{Secret, Timestamp};
use crate::client::store as clients;
use crate::config::DatabasePlace;
use crate::crypto::password::Cost;
use crate::gateway::Outgoing;
use crate::gateway::guard::{Guard, Reach};
use crate::identity::store::{account, enterprise, person, proof};
use crate::identity::{CreditCode, Level};
use crate::sql;
use crate::storage::{Run, Tally, migrate};

mod agents;
mod documents;
mod examples;
mod verified;

const NUMBER: &str = "11010519491231002X";
const OTHER: &str = "440524188001010014";
const CODE: &str = "91350100M000100Y43";

struct Ground {
    db: Db,
    keys: Keys,
    passwords: PasswordPool,
    clock: ManualClock,
    outgoing: Outgoing,
    sandbox: Sandbox,
    _folder: Scratch,
}

/// The demo applies its state in a task of its own.
fn sendable<T: Send>(work: T) -> T {
    work
}

async fn ground() -> Ground {
    let random: &dyn Random = &System::default();
    let folder = Scratch::open();
    let clock = ManualClock::at(Timestamp::from_seconds(1_800_000_000));
    let keys = Keys::make(&folder.join("keys"), clock.now(), random).unwrap();
    let place = DatabasePlace::Sqlite(folder.join("test.db"));
    let db = Db::open(&place, Arc::new(Tally::default())).await.unwrap();
    migrate::run(&place, &db).await.unwrap();
    let passwords = PasswordPool::start(1, Cost { memory_kib: 64, passes: 1 }).unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outgoing = Outgoing::new(Guard::new(Reach::Public, &[]), None).unwrap();
    Ground { db, keys, passwords, outgoing, clock, sandbox: Sandbox::On, _folder: folder }
}

impl Ground {
    fn target(&self) -> Target<'_> {
        Target {
            db: &self.db,
            keys: &self.keys,
            passwords: &self.passwords,
            outgoing: &self.outgoing,
            sandbox: self.sandbox,
        }
    }

    fn moment(&self) -> Moment {
        self.clock.advance(Duration::from_secs(1));
        Moment::of_system(self.clock.now(), Arc::new(System::default()))
    }

    async fn apply(&self, state: &Value) -> Report {
        let (target, moment, text) = (self.target(), self.moment(), state.to_string());
        match sendable(apply(&target, &moment, &text, Format::Json)).await {
            Ok(report) => report,
            Err(problem) => panic!("{problem}"),
        }
    }

    async fn plan(&self, state: &Value) -> Report {
        plan(&self.target(), &self.moment(), &state.to_string(), Format::Json).await.unwrap()
    }

    async fn refused(&self, state: &Value) -> String {
        apply(&self.target(), &self.moment(), &state.to_string(), Format::Json).await.unwrap_err().to_string()
    }

    async fn count(&self, statement: crate::storage::Statement) -> i64 {
        self.db.read().one::<(i64,)>(statement).await.unwrap().0
    }

    async fn rows(&self) -> [i64; 3] {
        [
            self.count(sql!("SELECT COUNT(*) FROM audit_event")).await,
            self.count(sql!("SELECT COUNT(*) FROM person")).await,
            self.count(sql!("SELECT COUNT(*) FROM department")).await,
        ]
    }

    /// The account's level of whoever has this number.
    async fn level(&self, number: &str) -> Option<Level> {
        let mut reader = self.db.read();
        let id = person::find_by_number(&mut reader, &self.keys, number).await.unwrap().unwrap();
        let account = account::find_of_person(&mut reader, &id).await.unwrap()?;
        let evidence = proof::list_of_account(&mut reader, &account.id).await.unwrap();
        Some(proof::assurance_of(&evidence, self.clock.now()).level)
    }

    async fn signs_in(&self, username: &str, password: &str) -> bool {
        let found = account::find_for_sign_in(&mut self.db.read(), &self.keys, username).await.unwrap();
        let Some(hash) = found.and_then(|account| account.password_hash) else { return false };
        self.passwords.verify(Secret::new(password), Some(&hash)).await.unwrap()
    }
}

fn state() -> Value {
    json!({
        "departments": [
            {"id": "hrss", "name": "市人社局", "parent": "city", "level": "city"},
            {"id": "city", "name": "本市", "level": "city"}
        ],
        "clients": [{
            "client_id": "app1", "client_secret": "s3cret-of-app-one", "department": "hrss", "client_name": "社保",
            "redirect_uris": ["https://app1.example/cb"], "post_logout_redirect_uris": [],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_basic", "scope": "openid profile", "jwks": {},
            "profile": "default", "consent": "explicit"
        }],
        "people": [
            {"id_type": "resident_id", "id_number": NUMBER, "name": "张三", "phone": "13800000001",
             "login_name": "citizen1", "password": "correct horse", "loa": 1, "claims": {"email": "z@example.cn"}},
            {"id_number": OTHER, "name": "李四"}
        ],
        "enterprises": [{
            "credit_code": CODE, "name": "某某有限公司", "legal_representative": NUMBER,
            "agents": [{"id_number": OTHER, "matters": ["tax", "a"], "until": "2030-01-01"}]
        }],
        "halls": [{"id": "hall-1", "name": "市民之家", "department": "city", "windows": ["A01", "A02"]}],
        "staff": [{"login": "Clerk1", "name": "王五", "roles": ["clerk"], "hall": "hall-1", "password": "window"}]
    })
}

#[tokio::test]
async fn a_state_is_applied_once_and_then_stands() {
    let ground = ground().await;
    let state = state();
    let report = ground.apply(&state).await;
    let lines = [
        "+ department city",
        "+ department hrss",
        "+ client app1",
        "+ person 1****************X",
        "+ person 4****************4",
        "+ enterprise 9135**********0Y43",
        "+ hall hall-1",
        "+ staff clerk1",
    ];
    assert_eq!(report.lines(), lines);
    assert!(ground.signs_in("citizen1", "correct horse").await);
    assert!(ground.signs_in("13800000001", "correct horse").await);
    assert!(ground.signs_in(NUMBER, "correct horse").await);
    assert_eq!(ground.level(NUMBER).await, Some(Level::DataMatched));
    assert_eq!(ground.level(OTHER).await, None, "a person without anything to sign in with has no account");

    let before = ground.rows().await;
    let again = ground.apply(&state).await;
    assert_eq!((again.changes(), again.unchanged()), (0, 8), "{again}");
    assert_eq!(ground.rows().await, before, "nothing is written or audited the second time");
}

#[tokio::test]
async fn what_is_applied_can_be_read_by_its_subjects() {
    let ground = ground().await;
    ground.apply(&state()).await;
    let mut reader = ground.db.read();
    let client = clients::find(&mut reader, "app1").await.unwrap().unwrap();
    assert_eq!(client.department_name.own(), "市人社局");
    assert!(client.find_redirect("https://app1.example/cb").is_some());
    let digest = client.secret_digest.as_deref();
    let secret = Secret::new("s3cret-of-app-one");
    assert!(crate::client::secret::matches(&ground.keys, "app1", &secret, digest));
    let code = CreditCode::parse(CODE).unwrap();
    let found = enterprise::find_by_code(&mut reader, &ground.keys, &code).await.unwrap().unwrap();
    let mut roles = enterprise::list_roles(&mut reader, &found.id).await.unwrap();
    // Made in one moment, their ids have no order.
    roles.sort_by(|one, other| other.role.cmp(&one.role));
    let words: Vec<(&str, &str)> =
        roles.iter().map(|one| (one.role.as_str(), one.matters.as_str())).collect();
    assert_eq!(words, [("legal_representative", ""), ("agent", "a tax")]);
    // The last day counts whole, in China.
    assert_eq!(Timestamp::from_micros(roles[1].until.unwrap()).rfc3339(), "2030-01-01T16:00:00Z");
}

#[tokio::test]
async fn changed_members_are_named_and_become_as_declared() {
    let ground = ground().await;
    let mut state = state();
    ground.apply(&state).await;
    state["departments"][0]["name"] = json!("人力资源局");
    state["clients"][0]["redirect_uris"] = json!(["https://app1.example/new"]);
    state["clients"][0]["client_secret"] = json!("another-secret-of-one");
    state["clients"][0]["consent"] = json!("implicit");
    state["people"][0]["name"] = json!("张三丰");
    state["people"][0]["phone"] = json!("13800000002");
    state["people"][0]["password"] = json!("battery staple");
    state["people"][0]["loa"] = json!(3);
    state["people"][0]["claims"] = json!({"email": "n@example.cn"});
    state["people"][1]["login_name"] = json!("citizen2");
    state["enterprises"][0]["name"] = json!("新某某有限公司");
    state["enterprises"][0]["legal_representative"] = json!(OTHER);
    state["enterprises"][0]["agents"][0]["until"] = json!("2031-01-01");
    state["halls"][0]["windows"] = json!(["A02", "A03"]);
    state["staff"][0]["roles"] = json!(["clerk_supervisor", "clerk"]);
    state["staff"][0]["password"] = json!("counter");
    let lines = [
        "~ department hrss (name)",
        "~ client app1 (redirect_uris, consent, client_secret)",
        "~ person 1****************X (name, claims, phone, password, loa 3)",
        "~ person 4****************4 (account)",
        "~ enterprise 9135**********0Y43 (name, legal_representative, agents)",
        "~ hall hall-1 (windows)",
        "~ staff clerk1 (roles, password)",
    ];
    let before = ground.rows().await;
    assert_eq!(ground.plan(&state).await.lines(), lines);
    assert_eq!(ground.rows().await, before, "a plan writes nothing");
    assert!(ground.signs_in("13800000001", "correct horse").await);

    assert_eq!(ground.apply(&state).await.lines(), lines);
    assert!(ground.signs_in("13800000002", "battery staple").await);
    assert!(!ground.signs_in("13800000001", "battery staple").await);
    assert_eq!(ground.level(NUMBER).await, Some(Level::InPerson));
    assert_eq!(ground.apply(&state).await.changes(), 0);
}

#[tokio::test]
async fn taking_out_removes_nothing_and_lowers_nothing() {
    let ground = ground().await;
    let mut state = state();
    state["people"][0]["loa"] = json!(3);
    ground.apply(&state).await;
    for section in ["departments", "clients", "enterprises", "halls", "staff"] {
        state[section] = json!([]);
    }
    state["people"] = json!([{"id_number": NUMBER, "name": "张三", "loa": 1}]);
    assert_eq!(ground.apply(&state).await.changes(), 0);
    assert_eq!(ground.level(NUMBER).await, Some(Level::InPerson));
    assert!(ground.signs_in("citizen1", "correct horse").await);
    assert!(clients::find(&mut ground.db.read(), "app1").await.unwrap().is_some());
}

#[tokio::test]
async fn a_secret_that_is_not_declared_stays() {
    let ground = ground().await;
    let mut state = state();
    ground.apply(&state).await;
    state["clients"][0].as_object_mut().unwrap().remove("client_secret");
    assert_eq!(ground.apply(&state).await.changes(), 0);
    state["clients"][0]["client_id"] = json!("app2");
    assert_eq!(ground.refused(&state).await, "clients[0].client_secret: is needed for client_secret_basic");
}

#[tokio::test]
async fn every_problem_is_told_and_nothing_is_written() {
    let ground = ground().await;
    let before = ground.rows().await;
    let state = json!({
        "departments": [
            {"id": "a", "name": "甲", "parent": "b"}, {"id": "b", "name": "乙", "parent": "a"},
            {"id": "lost", "name": "丙", "parent": "nowhere"}, {"id": "new", "name": "新局"}
        ],
        "clients": [
            {"client_id": "x", "department": "none", "redirect_urls": []},
            {"client_id": "y", "department": "new", "redirect_uris": ["http://y.example/"], "client_secret": "s"},
            {"client_id": "z", "department": "new", "redirect_uris": ["https://z.example/"], "profile": "fapi2"}
        ],
        "people": [
            {"id_number": "110105194912310021", "name": "张三", "loa": 4},
            {"id_type": "nothing", "name": "", "phone": "123", "login_name": "1", "nickname": "x"},
            {"id_number": NUMBER, "name": "张三", "phone": "13800000001", "claims": {"sub": "x"}},
            {"id_number": NUMBER, "name": "张三", "phone": "13800000001"},
            "张三"
        ],
        "enterprises": [
            {"credit_code": "91350100M000100Y44", "name": "甲"},
            {"credit_code": CODE, "name": "乙", "legal_representative": "610104620927690",
             "agents": [{"id_number": NUMBER, "matters": [], "until": "soon"}]}
        ],
        "halls": [{"id": "h 1", "name": "厅", "department": "none"}],
        "staff": [
            {"login": "s1", "name": "王五", "roles": ["system_admin", "auditor"]},
            {"login": "s2", "name": "王五", "roles": ["root"]},
            {"login": "s3", "name": "王五", "roles": ["clerk"]},
            {"login": "s4", "name": "王五", "roles": ["clerk"], "hall": "none"}
        ]
    });
    let told = ground.refused(&state).await;
    let places = [
        "departments[0].parent:",
        "departments[1].parent:",
        "departments[2].parent:",
        "clients[0].redirect_urls: is not a member we know",
        "clients[1].redirect_uris:",
        "clients[2].token_endpoint_auth_method:",
        "people[0].id_number:",
        "people[0].loa: must be 0, 1, 2 or 3",
        "people[1].id_type:",
        "people[1].id_number: is missing",
        "people[1].name:",
        "people[1].phone:",
        "people[1].login_name:",
        "people[1].nickname: is not a member we know",
        "people[2].claims: must not hold sub",
        "people[3].id_number: is that of people[2] too",
        "people[3].phone: is that of people[2] too",
        "people[4]: must be an object",
        "enterprises[0].credit_code:",
        "enterprises[1].agents[0].matters:",
        "enterprises[1].agents[0].until:",
        "enterprises[1].legal_representative: is nobody's number",
        "halls[0].id:",
        "staff[0].roles: system_admin, security_admin and auditor must be three people",
        "staff[1].roles: must be of clerk,",
        "staff[2].hall: is missing",
        "staff[3].hall: is no hall",
    ];
    for place in places {
        assert!(told.lines().any(|line| line.starts_with(place)), "{place} is not in:\n{told}");
    }
    assert_eq!(told.lines().count(), places.len(), "{told}");
    assert_eq!(ground.rows().await, before);
}

#[tokio::test]
async fn a_handle_of_somebody_else_is_refused_and_nothing_stays() {
    let ground = ground().await;
    ground.apply(&state()).await;
    let before = ground.rows().await;
    let thief = json!({"people": [{"id_number": OTHER, "name": "李四", "phone": "13800000001"}],
                       "departments": [{"id": "late", "name": "新局"}]});
    assert_eq!(ground.refused(&thief).await, "people[0].phone: belongs to another account");
    assert_eq!(ground.rows().await, before);
}

#[tokio::test]
async fn outside_the_sandbox_there_are_no_sample_people() {
    let mut ground = ground().await;
    ground.sandbox = Sandbox::Off;
    let mut state = state();
    let told = ground.refused(&state).await;
    let members: Vec<&str> = told.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(members, ["people[0].password", "people[0].claims", "staff[0].password"]);
    state["people"][0].as_object_mut().unwrap().remove("password");
    state["people"][0].as_object_mut().unwrap().remove("claims");
    state["staff"][0].as_object_mut().unwrap().remove("password");
    assert_eq!(ground.apply(&state).await.changes(), 8);
    state["clients"][0]["client_secret"] = json!("short");
    assert!(ground.refused(&state).await.starts_with("clients[0].client_secret: must have at least 16"));
}

#[tokio::test]
async fn outside_the_sandbox_implicit_answers_stay_on_the_web() {
    let mut ground = ground().await;
    let mut state = json!({
        "departments": [{"id": "hrss", "name": "市人社局", "parent": "city"}],
        "clients": [{
            "client_id": "old", "client_secret": "old-secret-0123456789", "department": "hrss",
            "redirect_uris": ["http://localhost:9/cb"], "grant_types": ["implicit"], "response_types": ["id_token"],
        }],
    });
    ground.apply(&state).await;
    ground.sandbox = Sandbox::Off;
    let told = ground.refused(&state).await;
    assert!(told.starts_with("clients[0].redirect_uris: must be https and not localhost"), "{told}");
    state["clients"][0]["redirect_uris"] = json!(["https://old.example/cb"]);
    ground.apply(&state).await;
}

#[tokio::test]
async fn outside_the_sandbox_a_log_in_begins_by_https() {
    let mut ground = ground().await;
    let mut state = json!({
        "departments": [{"id": "hrss", "name": "市人社局", "parent": "city"}],
        "clients": [{
            "client_id": "new", "client_secret": "new-secret-0123456789", "department": "hrss",
            "redirect_uris": ["https://new.example/cb"], "initiate_login_uri": "http://localhost:9/login",
        }],
    });
    ground.apply(&state).await;
    ground.sandbox = Sandbox::Off;
    let told = ground.refused(&state).await;
    assert_eq!(told, "clients[0].initiate_login_uri: must be an https address");
    state["clients"][0]["initiate_login_uri"] = json!("https://new.example/login");
    ground.apply(&state).await;
}

#[tokio::test]
async fn a_client_without_a_secret_has_somebody_to_sign_for_it() {
    let ground = ground().await;
    let mut state = json!({
        "departments": [{"id": "hrss", "name": "市人社局", "parent": "city"}],
        "clients": [{
            "client_id": "workload", "department": "hrss", "redirect_uris": [], "response_types": [],
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "token_endpoint_auth_method": "none",
            "trusted_issuers": [{
                "issuer": "https://platform.example", "subject": "s", "jwks_uri": "https://platform.example/jwks",
            }],
        }],
    });
    ground.apply(&state).await;
    state["clients"][0]["trusted_issuers"] = json!([]);
    let told = ground.refused(&state).await;
    assert!(told.starts_with("clients[0].trusted_issuers: is needed"), "{told}");
}

#[tokio::test]
async fn a_name_in_english_comes_and_goes() {
    let ground = ground().await;
    let mut state = json!({
        "departments": [{"id": "hrss", "name": "市人社局", "name#en": "HR Bureau", "parent": "city"}],
        "halls": [{"id": "hall-1", "name": "市民之家", "department": "hrss", "windows": ["A01"]}],
    });
    ground.apply(&state).await;
    assert_eq!(ground.apply(&state).await.changes(), 0);
    state["departments"][0]["name#en"] = Value::Null;
    state["halls"][0]["name#en"] = json!("Citizens' Home");
    let lines = ["~ department hrss (name)", "~ hall hall-1 (name)"];
    assert_eq!(ground.apply(&state).await.lines(), lines);
    state["halls"][0]["name#en"] = json!("");
    assert_eq!(
        ground.refused(&state).await,
        "halls[0].name#en: must be 1 to 100 characters without line breaks"
    );
}

#[tokio::test]
async fn the_root_need_not_be_declared() {
    let ground = ground().await;
    let state = json!({"departments": [{"id": "hrss", "name": "市人社局", "parent": "city"}]});
    assert_eq!(ground.apply(&state).await.lines(), ["+ department city", "+ department hrss"]);
    assert_eq!(ground.apply(&state).await.changes(), 0);
}

/// Nothing a report, a refusal or the audit says may tell who a person is, or what opens a door.
#[tokio::test]
async fn nothing_personal_or_secret_is_ever_told() {
    let ground = ground().await;
    let planted = [
        NUMBER,
        OTHER,
        "张三",
        "李四",
        "王五",
        "13800000001",
        "citizen1",
        "correct horse",
        "z@example.cn",
        "window",
        "s3cret-of-app-one",
        "某某有限公司",
    ];
    let mut told = ground.plan(&state()).await.to_string();
    told.push_str(&ground.apply(&state()).await.to_string());
    let mut changed = state();
    changed["people"][0]["name"] = json!("李四");
    changed["people"][1]["phone"] = json!("13800000001");
    told.push_str(&ground.refused(&changed).await);
    // Texts where something else belongs: a reader must not quote them.
    for broken in [
        json!({"people": [{"id_number": [NUMBER], "name": {"张三": NUMBER}, "loa": NUMBER, "phone": 13_800_000_001_i64}]}),
        json!({"people": {"张三": NUMBER}}),
        json!({"people": [{"id_number": "110105194912310021", "name": "张三!", "phone": "1380000000", "claims": "z@example.cn"}]}),
        json!({"staff": [{"login": "王五 correct horse", "name": "", "roles": [NUMBER], "password": ["window"]}]}),
        json!({"enterprises": [{"credit_code": NUMBER, "legal_representative": "13800000001", "agents": [NUMBER]}]}),
    ] {
        told.push_str(&ground.refused(&broken).await);
    }
    let facts: Vec<(String,)> = ground.db.read().all(sql!("SELECT facts FROM audit_event")).await.unwrap();
    told.extend(facts.into_iter().map(|(facts,)| facts));
    for secret in planted {
        // "window" is the sample clerk's password and also a word of ours.
        let found = told.replace("windows", "").contains(secret);
        assert!(!found, "{secret} is told in:\n{told}");
    }
}
