//! One person's browser: Chromium of its own profile, driven by the names in the pages.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thirtyfour::SessionId;
use thirtyfour::prelude::*;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// A browser with its own cookies. Every wait that fails tells the page it is on and keeps a picture of it.
pub struct Browser {
    who: &'static str,
    driver: WebDriver,
    profile: PathBuf,
    /// Of chromedriver: `127.0.0.1:port`.
    driver_address: String,
}

impl Browser {
    /// Opens an empty browser for `who` (a name for messages and pictures).
    pub async fn open(who: &'static str) -> Self {
        // Whoever comes first installs it; a second time is no error here.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let profile = env::temp_dir().join(format!("tongyao-profile-{}", Uuid::new_v4().simple()));
        let server = required("TONGYAO_TEST_CHROMEDRIVER");
        let driver =
            WebDriver::new(&server, capabilities(&profile)).await.expect("chromedriver opens Chromium");
        let driver_address = server.trim_start_matches("http://").trim_end_matches('/').to_string();
        Self { who, driver, profile, driver_address }
    }

    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    /// As the button of the browser does.
    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    pub async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().into()
    }

    /// Waits until `<main data-page="…">` is this one.
    pub async fn at_page(&self, name: &str) {
        let began = Instant::now();
        while self.page().await.as_deref() != Some(name) {
            if began.elapsed() > PATIENCE {
                self.fail(&format!("is not at page {name:?}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until one of two pages is there, and tells whether it is the first.
    pub async fn is_at_first_of(&self, first: &str, second: &str) -> bool {
        let began = Instant::now();
        loop {
            match self.page().await {
                Some(page) if page == first => return true,
                Some(page) if page == second => return false,
                _ if began.elapsed() > PATIENCE => {
                    self.fail(&format!("is at neither {first:?} nor {second:?}")).await
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Waits until this many elements match; a page that looks for news by itself may load anew meanwhile.
    pub async fn sees_times(&self, selector: &str, times: usize) {
        let began = Instant::now();
        loop {
            let seen = self.driver.find_all(By::Css(selector)).await.map_or(0, |found| found.len());
            if seen == times {
                return;
            }
            if began.elapsed() > PATIENCE {
                self.fail(&format!("sees {selector:?} {seen} times, not {times}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until something that matches this CSS selector can be seen.
    pub async fn sees(&self, selector: &str) -> WebElement {
        let began = Instant::now();
        loop {
            if let Some(element) = self.find(selector).await {
                return element;
            }
            if began.elapsed() > PATIENCE {
                self.fail(&format!("sees nothing that matches {selector:?}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Types into the input of this name, in place of what stands there.
    pub async fn fill(&self, name: &str, value: &str) {
        let input = self.sees(&format!("main [name={name:?}]")).await;
        input.clear().await.unwrap();
        input.send_keys(value).await.unwrap();
    }

    /// Chooses this value of a radio group or a list.
    pub async fn choose(&self, name: &str, value: &str) {
        let option = format!(
            "main input[type=radio][name={name:?}][value={value:?}], main select[name={name:?}] option[value={value:?}]"
        );
        // The input itself may be drawn over by its label, so it is clicked in the page, not on the screen.
        let element = self.sees_hidden(&option).await;
        self.driver
            .execute("arguments[0].selected = true; arguments[0].click()", vec![element.to_json().unwrap()])
            .await
            .unwrap();
    }

    /// Chooses the radio of this name whose label contains this text.
    pub async fn choose_labelled(&self, name: &str, text: &str) {
        self.sees_hidden(&format!("main input[type=radio][name={name:?}]")).await;
        let script = "const radios = [...document.querySelectorAll(`main input[type=radio][name=\"${arguments[0]}\"]`)];
            const found = radios.find((radio) => radio.closest('label').textContent.includes(arguments[1]));
            found?.click();
            return Boolean(found);";
        let arguments = vec![name.into(), text.into()];
        let found: bool = self.driver.execute(script, arguments).await.unwrap().convert().unwrap();
        if !found {
            self.fail(&format!("finds no {name:?} labelled {text:?}")).await;
        }
    }

    /// Ticks the box of this name where the page has one.
    pub async fn tick_if_there(&self, name: &str) {
        let script = "document.querySelector(`main input[type=checkbox][name=\"${arguments[0]}\"]:not(:checked)`)?.click()";
        self.driver.execute(script, vec![name.into()]).await.unwrap();
    }

    /// Clicks what matches and stays on the page.
    pub async fn click(&self, selector: &str) {
        self.sees(selector).await.click().await.unwrap();
    }

    /// Presses the button of this name and value, and waits until another page stands there.
    pub async fn press(&self, name: &str, value: &str) {
        self.click_through(&format!("main button[name={name:?}][value={value:?}]")).await;
    }

    /// Sends the form that holds the input of this name.
    pub async fn submit(&self, input: &str) {
        self.click_through(&format!("main form:has([name={input:?}]) button:not([type=button])")).await;
    }

    /// Clicks what matches, and waits until another page stands there.
    pub async fn click_through(&self, selector: &str) {
        let element = self.sees(selector).await;
        let before = self.driver.find(By::Css("html")).await.unwrap();
        element.scroll_into_view().await.unwrap();
        element.click().await.unwrap();
        let began = Instant::now();
        while before.is_present().await.unwrap_or(false) {
            if began.elapsed() > PATIENCE {
                self.fail(&format!("stays where it is after a click on {selector:?}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Presses Enter where the focus is on what matches.
    pub async fn press_enter_on(&self, selector: &str) {
        let element = self.sees_hidden(selector).await;
        self.driver.execute("arguments[0].focus()", vec![element.to_json().unwrap()]).await.unwrap();
        self.driver.action_chain().send_keys(Key::Enter).perform().await.unwrap();
    }

    /// The same page stands there a second later.
    pub async fn stays(&self) {
        let before = self.driver.find(By::Css("html")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if !before.is_present().await.unwrap_or(false) {
            self.fail("has left the page").await;
        }
    }

    /// From now on no script of the page hears of a key.
    pub async fn keep_keys_from_scripts(&self) {
        let script = "addEventListener('keydown', (event) => event.stopImmediatePropagation(), true)";
        self.driver.execute(script, vec![]).await.unwrap();
    }

    pub async fn title(&self) -> String {
        self.driver.title().await.unwrap()
    }

    /// Waits until this text stands in what is read out.
    pub async fn hears(&self, selector: &str, text: &str) {
        let began = Instant::now();
        loop {
            let said: Option<String> = match self.driver.find(By::Css(selector)).await {
                Ok(region) => region.prop("textContent").await.ok().flatten(),
                Err(_) => None,
            };
            if said.as_deref() == Some(text) {
                return;
            }
            if began.elapsed() > PATIENCE {
                self.fail(&format!("hears {said:?}, not {text:?}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The value of an attribute of the first element that has it, also where only a printer shows it:
    /// `data("data-code")`.
    pub async fn data(&self, attribute: &str) -> String {
        let element = self.sees_hidden(&format!("main [{attribute}]")).await;
        element.attr(attribute.to_string()).await.unwrap().unwrap()
    }

    /// The text of what is marked `data-field` with this name.
    pub async fn field(&self, name: &str) -> String {
        self.sees(&format!("main [data-field={name:?}]")).await.text().await.unwrap()
    }

    /// What the page says, as a person sees it.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Css("main")).await {
            Ok(main) => main.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    async fn page(&self) -> Option<String> {
        self.driver.find(By::Css("main")).await.ok()?.attr("data-page").await.ok()?
    }

    async fn find(&self, selector: &str) -> Option<WebElement> {
        for element in self.driver.find_all(By::Css(selector)).await.ok()? {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    async fn sees_hidden(&self, selector: &str) -> WebElement {
        let began = Instant::now();
        loop {
            if let Ok(element) = self.driver.find(By::Css(selector)).await {
                return element;
            }
            if began.elapsed() > PATIENCE {
                self.fail(&format!("finds nothing that matches {selector:?}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn fail(&self, what: &str) -> ! {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.png", self.who));
        let kept = self.driver.screenshot(&picture).await.is_ok();
        let place = format!("{} ({:?})", self.address().await, self.page().await);
        let picture = if kept { picture.display().to_string() } else { "none".to_string() };
        panic!("the {} {what}\nat {place}\npicture: {picture}\n{}", self.who, self.text().await);
    }
}

impl Drop for Browser {
    // Closed by a plain request: the driver's own way out of a failed test waits two minutes for an answer.
    fn drop(&mut self) {
        let _ = end_session(&self.driver_address, self.driver.session_id());
        let _ = self.driver.clone().leak();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// `DELETE /session/{id}`; returns when the browser is gone.
fn end_session(address: &str, session: &SessionId) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "DELETE /session/{session} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    connection.read_exact(&mut status)
}

fn capabilities(profile: &Path) -> thirtyfour::ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Ok(binary) = env::var("TONGYAO_TEST_CHROMIUM") {
        capabilities.set_binary(&binary).unwrap();
    }
    for argument in [
        "--headless=new",
        // Tests often run as root, where Chromium's sandbox refuses to start.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-proxy-server",
        "--lang=zh-CN",
        "--window-size=1280,1000",
        &format!("--user-data-dir={}", profile.display()),
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities
}

fn required(name: &str) -> String {
    env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set; run `tests/run browser`, which starts what is needed"))
}
