//! What stands around every page: language, elder mode, the service that asked, who is signed in.

use crate::base::Locale;

use super::assets;
use super::messages::{Account, Around};

/// Large type, large targets, strong contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Elder {
    #[default]
    Off,
    On,
}

/// Whether this service runs on sample people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sandbox {
    #[default]
    Off,
    On,
}

/// The part of every page that is not its own.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    pub locale: Locale,
    pub elder: Elder,
    pub sandbox: Sandbox,
    /// Name of the department's system that asked, on the way through its request.
    pub service: Option<String>,
    /// The id of that system, where the person can begin there again once the request has run out.
    pub from: Option<String>,
    /// Where this page is shown again, also where it answered a form.
    pub here: String,
    /// This page in the other language.
    pub language_href: String,
    /// This page with elder mode switched.
    pub elder_href: String,
    /// What was typed to come to this page, where it cannot be asked for by its address: the switches send it again.
    pub typed: Vec<(&'static str, String)>,
    /// The token of every form.
    pub csrf: String,
    /// The masked name of the citizen who is signed in.
    pub signed_in: Option<String>,
}

impl Chrome {
    /// The texts of the frame.
    pub fn m(&self) -> Around {
        Around(self.locale)
    }

    /// The texts of the account's menu.
    pub fn account_menu(&self) -> Account {
        Account(self.locale)
    }

    pub fn lang(&self) -> &'static str {
        self.locale.tag()
    }

    /// The language the switch leads to.
    pub fn other_lang(&self) -> &'static str {
        match self.locale {
            Locale::ZhCn => Locale::En.tag(),
            Locale::En => Locale::ZhCn.tag(),
        }
    }

    pub fn is_elder(&self) -> bool {
        self.elder == Elder::On
    }

    /// The text size the switch leads to.
    pub fn other_size(&self) -> &'static str {
        if self.is_elder() { self.m().to_standard() } else { self.m().to_elder() }
    }

    pub fn is_sandbox(&self) -> bool {
        self.sandbox == Sandbox::On
    }

    /// Whether the switches are links; else they are forms.
    pub fn has_address(&self) -> bool {
        self.typed.is_empty()
    }

    /// The address of an asset by its content.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }
}
