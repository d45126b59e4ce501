//! A clerk at a window: signs in, opens visits, reads cards, compares, decides, and hands the result over.

use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::html::Form;
use super::town::WANG;
use super::wire::Call;
use super::world::World;

/// A member of staff as a test knows them.
#[derive(Debug, Clone, Copy)]
pub struct Officer {
    pub login: &'static str,
    pub password: &'static str,
    pub hall: &'static str,
    pub window: &'static str,
}

pub const CHEN: Officer =
    Officer { login: "clerk-chen", password: "Steady-Window-01", hall: "hall-north", window: "A01" };
/// Of the same hall.
pub const LUO: Officer =
    Officer { login: "clerk-luo", password: "Steady-Window-02", hall: "hall-north", window: "A02" };
/// Of the other hall.
pub const MA: Officer =
    Officer { login: "clerk-ma", password: "Steady-Window-03", hall: "hall-south", window: "B01" };
/// An auditor, who has no window.
pub const QIN: Officer = Officer { login: "auditor-qin", password: "Steady-Window-04", hall: "", window: "" };

/// What stands on a card, as a clerk types it.
#[derive(Debug, Clone, Copy)]
pub struct Typed {
    pub id_type: &'static str,
    pub number: &'static str,
    pub name: &'static str,
    pub valid_until: &'static str,
}

/// Of nobody on record.
pub const STRANGER: Typed =
    Typed {
        id_type: "resident_id", number: "110101188803071238", name: "欧阳㛃", valid_until: "2036-05-01"
    };

/// Wang's card.
pub const WANG_CARD: Typed =
    Typed { id_type: "resident_id", number: WANG.number, name: WANG.name, valid_until: "2036-05-01" };

/// A clerk with a browser of their own.
pub struct Clerk {
    pub browser: Browser,
}

/// What the screen that faces the citizen shows.
#[derive(Debug, Clone)]
pub struct Offered {
    pub page: Page,
    /// Where the QR code leads.
    pub address: String,
    pub number: String,
}

/// Two halls, their clerks and an auditor, as declared state.
pub fn halls() -> Value {
    let clerk = |officer: &Officer, name: &str| {
        json!({"login": officer.login, "name": name, "roles": ["clerk"], "hall": officer.hall,
               "password": officer.password})
    };
    json!({
        "halls": [
            {"id": "hall-north", "name": "城北政务大厅", "name#en": "North Hall", "department": "data", "windows": ["A01", "A02"]},
            {"id": "hall-south", "name": "城南政务大厅", "department": "data", "windows": ["B01"]},
        ],
        "staff": [
            clerk(&CHEN, "陈小满"), clerk(&LUO, "罗小寒"), clerk(&MA, "马小暑"),
            {"login": QIN.login, "name": "秦小雪", "roles": ["auditor"], "password": QIN.password},
        ],
    })
}

impl Officer {
    /// Tries to sign in; ends on the page that follows.
    pub async fn sign_in(&self, browser: &mut Browser) -> Page {
        let page = browser.get("/hall/").await;
        assert_eq!(page.name(), "hall-sign-in");
        browser.submit(&page, &[("login", self.login), ("password", self.password)]).await
    }
}

impl Clerk {
    /// Signs in and sits down at the officer's window.
    pub async fn at_work(world: &World, officer: &Officer) -> Self {
        let mut browser = world.browser();
        let page = officer.sign_in(&mut browser).await;
        assert_eq!(page.name(), "hall-window");
        let desk = browser.submit(&page, &[("window", officer.window)]).await;
        assert_eq!(desk.name(), "hall-desk", "{}", desk.text());
        Self { browser }
    }

    /// Types the code of a visit at the desk.
    pub async fn open(&mut self, code: &str) -> Page {
        let desk = self.browser.get("/hall/").await;
        self.browser.submit(&desk, &[("code", code)]).await
    }

    /// Opens a visit for somebody without a code.
    pub async fn walk_in(&mut self) -> Page {
        let desk = self.browser.get("/hall/").await;
        self.press(&desk, "/hall/walk-in").await
    }

    /// Lays a sample card on the reader and reads it.
    pub async fn read(&mut self, page: &Page, sample: &str) -> Page {
        let reading = self.reading(page, sample).await;
        self.send_reading(page, &reading).await
    }

    /// What the reader signs for this page.
    pub async fn reading(&mut self, page: &Page, sample: &str) -> String {
        let reader = self.browser.get("/sandbox/reader").await;
        self.browser.submit(&reader, &[("card", sample)]).await;
        let nonce = page.data("data-nonce").expect("the page has a reader");
        let query = serde_urlencoded::to_string([("nonce", nonce)]).unwrap();
        let answer = self.browser.fetch(Call::get(&format!("/sandbox/reader/card?{query}"))).await;
        answer.good()["reading"].as_str().unwrap().to_owned()
    }

    pub async fn send_reading(&mut self, page: &Page, reading: &str) -> Page {
        let mut form = page.form(&[("reading", "")]);
        form.set("reading", reading);
        self.browser.send(page, &form).await
    }

    /// Enters a card by hand.
    pub async fn enter(&mut self, page: &Page, typed: &Typed) -> Page {
        self.enter_fields(page, typed, &[]).await
    }

    /// The same, with some fields otherwise.
    pub async fn enter_fields(&mut self, page: &Page, typed: &Typed, changed: &[(&str, &str)]) -> Page {
        let mut fields = vec![
            ("id_type", typed.id_type),
            ("id_number", typed.number),
            ("id_number_again", typed.number),
            ("name", typed.name),
            ("valid_until", typed.valid_until),
        ];
        fields.extend(changed);
        self.browser.submit(page, &fields).await
    }

    /// Finds everything as it should be, and passes the person.
    pub async fn pass(&mut self, page: &Page) -> Page {
        let form = Self::verdict(page, "pass");
        self.browser.send(page, &form).await
    }

    /// The form of the comparison, every question answered with yes, and a button pressed.
    pub fn verdict(page: &Page, decision: &str) -> Form {
        assert_eq!(page.name(), "hall-compare", "{}", page.text());
        let answers = [("document", "pass"), ("face", "pass"), ("holder", "pass"), ("decision", decision)];
        let mut form = page.form(&answers);
        for (name, value) in answers {
            form.set(name, value);
        }
        form
    }

    /// Shows the QR code and the number.
    pub async fn offer(&mut self, world: &World, decided: &Page) -> Offered {
        let page = self.press(decided, "/binding").await;
        assert_eq!(page.name(), "hall-binding", "{}", page.text());
        // The picture holds nothing but this address; the service keeps it for the page that shows it again.
        let visit = page.path.trim_start_matches("/hall/visits/").trim_end_matches("/binding");
        let token = world.app.ephemeral.get(&format!("hall-binding:{visit}")).await.unwrap().unwrap();
        let number = page.data("data-number").unwrap();
        Offered { address: format!("/bind/{token}"), number, page }
    }

    /// Gives a slip with a continuation code.
    pub async fn give_code(&mut self, decided: &Page) -> String {
        let slip = self.press(decided, "/continuation").await;
        assert_eq!(slip.name(), "hall-slip", "{}", slip.text());
        slip.data("data-code").unwrap()
    }

    /// Sends the first form that goes to an address that ends like this.
    pub async fn press(&mut self, page: &Page, ending: &str) -> Page {
        let form = page.form_to(ending);
        self.browser.send(page, &form).await
    }

    /// Types the card of who came, looks twice, and decides.
    pub async fn decide(&mut self, card: &Page, typed: &Typed, decision: &str) -> Page {
        let compare = self.enter(card, typed).await;
        let mut form = Self::verdict(&compare, decision);
        form.set("second_look", "yes");
        form.set("reason", if decision == "pass" { "" } else { "other" });
        let decided = self.browser.send(&compare, &form).await;
        assert_eq!(decided.name(), "hall-decided", "{}", decided.text());
        decided
    }

    /// A walk-in with a sample card, passed.
    pub async fn verify_walk_in(&mut self, sample: &str) -> Page {
        let page = self.walk_in().await;
        let page = self.read(&page, sample).await;
        self.pass(&page).await
    }
}

/// Another digit in the place of the first.
pub fn wrong_number(number: &str) -> String {
    let value: u32 = number.parse().unwrap();
    (if value == 99 { 10 } else { value + 1 }).to_string()
}
