//! What the demo is made of: settings built in code, and what each sample system is told when it is set up.

use std::path::Path;

use super::{relying, state};
use crate::app::App;
use crate::base::Secret;
use crate::cli::problem::Problem;
use crate::config::Settings;
use crate::config::raw::Raw;
use crate::sample::{HOTLINE_PATH, RelyingSettings};

/// The demo's parts.
pub struct Installation {
    pub issuer: String,
    pub portal: RelyingSettings,
    pub department: RelyingSettings,
    pub hotline: RelyingSettings,
}

/// The client of the hotline's desk. Its secret stands in the sample state, so that the guide's curl can be it too.
const HOTLINE: &str = "hotline-12345";

/// What the demo decides itself, whatever the environment says; empty counts as not set.
const NOT_FROM_OUTSIDE: [&str; 9] = [
    "TONGYAO_DATABASE_URL",
    "TONGYAO_REDIS_URL",
    "TONGYAO_KEYS_DIR",
    "TONGYAO_TLS_CERT",
    "TONGYAO_TLS_KEY",
    "TONGYAO_TRUSTED_PROXIES",
    "TONGYAO_EXTRA_CA",
    "TONGYAO_READER_URL",
    "TONGYAO_READER_KEYS",
];

/// The settings of a demo on `port` with its data in `data`; logs may be chosen from outside.
pub fn settings(port: u16, data: &Path) -> Result<Settings, Problem> {
    let mut raw = Raw::read(None, std::env::vars_os())?;
    for name in NOT_FROM_OUTSIDE {
        raw.set(name, String::new())?;
    }
    // The printed addresses stay readable.
    for (name, value) in [("TONGYAO_LOG", "warn"), ("TONGYAO_LOG_FORMAT", "plain")] {
        if raw.get(name).is_none() {
            raw.set(name, value.to_owned())?;
        }
    }
    let decided = [
        ("TONGYAO_ISSUER", address(port)),
        ("TONGYAO_LISTEN", format!("127.0.0.1:{port}")),
        ("TONGYAO_DATA_DIR", data.to_string_lossy().into_owned()),
        ("TONGYAO_SANDBOX", "true".to_owned()),
        ("TONGYAO_ALLOW_LOOPBACK", "true".to_owned()),
        ("TONGYAO_REGISTRATION", "open".to_owned()),
    ];
    for (name, value) in decided {
        raw.set(name, value)?;
    }
    Ok(Settings::resolve(&raw)?)
}

impl Installation {
    pub fn open(port: u16, data: &Path, app: &App) -> Result<Self, Problem> {
        let system = |client_id: &str, secret: Secret, port: u16| RelyingSettings {
            issuer: app.settings.issuer.clone(),
            client_id: client_id.to_owned(),
            client_secret: secret,
            base_url: address(port),
            neighbour_url: None,
            hotline_url: None,
            data_dir: data.join("sample"),
            extra_ca: None,
            random: app.random.clone(),
            clock: app.clock.clone(),
        };
        let own = |client_id: &str| relying::secret(data, client_id, &app.moment());
        let (portal, department) = (address(port + 1), address(port + 2));
        Ok(Self {
            issuer: app.settings.issuer.clone(),
            portal: RelyingSettings {
                hotline_url: Some(portal.clone() + HOTLINE_PATH),
                neighbour_url: Some(department),
                ..system("portal", own("portal")?, port + 1)
            },
            department: RelyingSettings {
                neighbour_url: Some(portal.clone()),
                ..system("hrss", own("hrss")?, port + 2)
            },
            hotline: RelyingSettings {
                neighbour_url: Some(portal),
                ..system(HOTLINE, state::declared_secret(HOTLINE)?, port + 1)
            },
        })
    }

    /// Where the hotline's operators work.
    pub fn hotline_desk(&self) -> String {
        self.hotline.base_url.clone() + HOTLINE_PATH
    }
}

fn address(port: u16) -> String {
    format!("http://localhost:{port}")
}
