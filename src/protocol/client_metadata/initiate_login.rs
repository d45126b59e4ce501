//! Where a log-in begins that others initiate (OIDC Core §4): an https address.

use super::{ClientMetadata, MetadataProblem};
use crate::protocol::redirect::{RedirectForm, RedirectUri};

impl ClientMetadata {
    /// What is wrong with the address. Not part of `check`: in a sandbox an operator may name one on the developer's own machine.
    pub fn check_initiate_login(&self) -> Option<MetadataProblem> {
        let address = self.initiate_login_uri.as_ref()?;
        let https = address.parse::<RedirectUri>().is_ok_and(|uri| uri.form() == RedirectForm::Https);
        (!https).then(|| MetadataProblem::new("initiate_login_uri", "must be an https address"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn is_https_even_on_localhost() {
        let cases = [
            ("https://a.example/login", true),
            ("http://a.example/login", false),
            ("http://localhost:8001/login", false),
        ];
        for (address, fits) in cases {
            let metadata: ClientMetadata =
                serde_json::from_value(json!({"initiate_login_uri": address})).unwrap();
            assert_eq!(metadata.check_initiate_login().is_none(), fits, "{address}");
        }
        let none: ClientMetadata = serde_json::from_value(json!({})).unwrap();
        assert!(none.check_initiate_login().is_none());
    }
}
