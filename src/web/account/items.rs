//! What a system may know, in the words a citizen reads.

use crate::base::Locale;
use crate::grant::claims::scope_of;
use crate::web::messages::{Scopes, SingleClaims, Verified};

/// The names of scopes and of single claims, each once.
pub fn names<'a>(
    locale: Locale,
    scopes: impl Iterator<Item = &'a str>,
    claims: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let scopes: Vec<&str> = scopes.collect();
    let alone = claims.filter(|claim| scope_of(claim).is_none_or(|scope| !scopes.contains(&scope)));
    let named = scopes.iter().map(|scope| Scopes(locale).name(scope).unwrap_or(scope));
    let mut names: Vec<String> = Vec::new();
    for name in named.chain(alone.map(|claim| claim_name(locale, claim))) {
        if names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn claim_name(locale: Locale, claim: &str) -> &str {
    let verified = Verified(locale).words(claim).map(|(name, _)| name);
    let known = || scope_of(claim).and_then(|_| SingleClaims(locale).words(claim)).map(|(name, _)| name);
    let of_scope = || scope_of(claim).and_then(|scope| Scopes(locale).name(scope));
    verified.or_else(known).or_else(of_scope).unwrap_or(claim)
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
        assert_eq!(
            named(Locale::En, "openid", &["id_number", "id_type"]),
            "That it is you, Your document number, The kind of your document"
        );
        assert_eq!(named(Locale::En, "openid payroll", &[]), "That it is you, payroll");
        assert_eq!(
            named(Locale::ZhCn, "openid", &["verified:how", "verified:name"]),
            "登录身份、核验的时间和方式、已核验的姓名"
        );
        assert_eq!(named(Locale::En, "", &[]), "");
    }
}
