//! What a system may know, in the words a citizen reads.

use crate::base::Locale;
use crate::grant::claims::scope_of;
use crate::web::messages::{Scopes, Verified};

/// The names of scopes and of single claims, each once; a claim is called by the scope it belongs to.
pub fn names<'a>(
    locale: Locale,
    scopes: impl Iterator<Item = &'a str>,
    claims: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let words = Scopes(locale);
    let mut names: Vec<String> = Vec::new();
    for scope in scopes.chain(claims.map(|claim| scope_of(claim).unwrap_or(claim))) {
        let verified = || Verified(locale).words(scope).map(|(name, _)| name);
        let name = words.name(scope).or_else(verified).unwrap_or(scope);
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The names in one line.
pub fn line(locale: Locale, names: &[String]) -> String {
    names.join(locale.pick("、", ", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once() {
        let named = |locale, scopes: &str, claims: &[&str]| {
            line(locale, &names(locale, scopes.split_ascii_whitespace(), claims.iter().copied()))
        };
        assert_eq!(
            named(Locale::ZhCn, "openid profile", &["name", "phone_number"]),
            "登录身份、基本信息、手机号"
        );
        assert_eq!(named(Locale::En, "openid", &["id_number", "id_type"]), "That it is you, Document number");
        assert_eq!(named(Locale::En, "openid payroll", &[]), "That it is you, payroll");
        assert_eq!(
            named(Locale::ZhCn, "openid", &["verified:how", "verified:name"]),
            "登录身份、核验的时间和方式、已核验的姓名"
        );
        assert_eq!(named(Locale::En, "", &[]), "");
    }
}
