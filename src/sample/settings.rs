//! What a relying system is told when it is set up: the four facts of its registration, and where it keeps its own things.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::Secret;
use crate::base::random::Random;
use crate::base::time::Clock;

/// Of the identity service a relying system knows these and nothing else: issuer, `client_id`, `client_secret`.
#[derive(Clone)]
pub struct RelyingSettings {
    /// The issuer, letter for letter as its discovery document says it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// Where browsers find this system: scheme, host and port without a path, `http://localhost:8001`.
    pub base_url: String,
    /// The other sample system, which the pages link to.
    pub neighbour_url: Option<String>,
    /// The desk of the hotline, which the portal's pages link to.
    pub hotline_url: Option<String>,
    /// The folder for the file of sessions; made when it is missing.
    pub data_dir: PathBuf,
    /// PEM certificates trusted for calls to the issuer beside those of the machine.
    pub extra_ca: Option<PathBuf>,
    pub random: Arc<dyn Random>,
    pub clock: Arc<dyn Clock>,
}

impl RelyingSettings {
    /// To be registered in `redirect_uris`.
    pub fn redirect_uri(&self) -> String {
        self.address("/callback")
    }

    /// To be registered in `post_logout_redirect_uris`.
    pub fn post_logout_redirect_uri(&self) -> String {
        self.address("/signed-out")
    }

    /// To be registered as `initiate_login_uri`.
    pub fn initiate_login_uri(&self) -> String {
        self.address("/login")
    }

    /// To be registered as `frontchannel_logout_uri`, with `frontchannel_logout_session_required`.
    pub fn frontchannel_logout_uri(&self) -> String {
        self.address("/frontchannel-logout")
    }

    /// To be registered as `backchannel_logout_uri`.
    pub fn backchannel_logout_uri(&self) -> String {
        self.address("/backchannel-logout")
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }
}
