//! Where the implicit grant may send a web application's tokens: to a host on the web, by https (OpenID Connect
//! Registration §2).

use super::{ClientMetadata, MetadataProblem};
use crate::protocol::grant_type::GrantType;
use crate::protocol::redirect::{ApplicationType, RedirectForm, RedirectUri};

impl ClientMetadata {
    /// What is wrong with its addresses. Not part of `check`: in a sandbox such applications are tried out on the
    /// developer's own machine.
    pub fn check_implicit(&self) -> Option<MetadataProblem> {
        let concerned = self.may_use(GrantType::Implicit) && self.application_type == ApplicationType::Web;
        let what = "must be https and not localhost for a web application with the grant implicit";
        let wrong = concerned && !self.redirect_uris.iter().all(|text| is_on_the_web(text));
        wrong.then(|| MetadataProblem::new("redirect_uris", what))
    }
}

fn is_on_the_web(text: &str) -> bool {
    text.parse::<RedirectUri>().is_ok_and(|uri| uri.form() == RedirectForm::Https && !uri.is_local())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_web_application_with_implicit_is_on_the_web() {
        let of = |members: Value| {
            let metadata: ClientMetadata = serde_json::from_value(members).unwrap();
            metadata.check_implicit().map(|problem| problem.member)
        };
        let implicit =
            |uri: &str| json!({"grant_types": ["implicit"], "redirect_uris": ["https://a.example/", uri]});
        for fine in ["https://b.example/cb", "https://localhost.example/cb", "https://127.0.0.1.example/"] {
            assert_eq!(of(implicit(fine)), None, "{fine}");
        }
        for bad in [
            "http://localhost/cb",
            "http://127.0.0.1:8080/cb",
            "http://[::1]/cb",
            "https://localhost/cb",
            "https://LOCALHOST:8443/cb",
            "https://app.localhost/cb",
            "https://127.0.0.2/cb",
            "https://[::1]/cb",
        ] {
            assert_eq!(of(implicit(bad)).as_deref(), Some("redirect_uris"), "{bad}");
            let mut native = implicit(bad);
            native["application_type"] = json!("native");
            assert_eq!(of(native), None, "{bad}");
            assert_eq!(of(json!({"redirect_uris": [bad]})), None, "{bad}");
        }
    }
}
