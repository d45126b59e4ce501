//! What a new account's owner typed: each field read on its own, so that everything wrong is said at once.

use crate::base::{Locale, Secret};
use crate::http::form::Form;
use crate::identity::{LoginName, PhoneNumber};
use crate::signin::new_password;
use crate::web::form::Field;
use crate::web::messages::Register;
use crate::web::pages::RegisterDetails;

/// What the account is made with.
pub(super) struct Wish {
    pub(super) login_name: Option<LoginName>,
    pub(super) phone: Option<PhoneNumber>,
    pub(super) password: Secret,
}

/// Longer input is not shown again.
const MOST_SHOWN: usize = 64;

/// Reads the form into `details`, as it is shown again; nothing when something is wrong with it. `own`: what the person is
/// known by already.
pub(super) fn read(
    locale: Locale,
    (form, own): (&Form, &[String]),
    details: &mut RegisterDetails,
) -> Option<Wish> {
    let login_name = optional(form, "login_name", &mut details.login_name, |typed| {
        LoginName::parse(typed).map_err(|problem| problem.message(locale))
    });
    let phone = optional(form, "phone", &mut details.phone, |typed| {
        PhoneNumber::parse(typed).map_err(|problem| problem.message(locale))
    });
    let login = login_name.as_ref().and_then(Option::as_ref).map(LoginName::as_str);
    let called = phone.as_ref().and_then(Option::as_ref).map(PhoneNumber::as_str);
    let own: Vec<String> =
        own.iter().map(String::as_str).chain(login).chain(called).map(str::to_owned).collect();
    let password = password(locale, (form, &own), details);
    Some(Wish { login_name: login_name?, phone: phone?, password: password? })
}

/// Nothing when it is wrong; nothing inside when it was left empty.
fn optional<T>(
    form: &Form,
    name: &str,
    field: &mut Field,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<Option<T>> {
    let Some(typed) = form.get(name) else { return Some(None) };
    field.value = typed.chars().take(MOST_SHOWN).collect();
    match parse(typed) {
        Ok(parsed) => Some(Some(parsed)),
        Err(message) => {
            field.error = Some(message.to_owned());
            None
        }
    }
}

/// As typed: spaces in a password count.
fn password(
    locale: Locale,
    (form, own): (&Form, &[String]),
    details: &mut RegisterDetails,
) -> Option<Secret> {
    let password = Secret::new(form.raw("password").unwrap_or_default());
    if let Err(problem) = new_password::check(&password, own) {
        details.password.error = Some(problem.message(locale).to_owned());
        return None;
    }
    if form.raw("password_again") != Some(password.expose()) {
        details.password_again.error = Some(Register(locale).password_differs().to_owned());
        return None;
    }
    Some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(body: &str) -> (Option<Wish>, RegisterDetails) {
        let mut details = RegisterDetails::default();
        let form = Form::parse(body.as_bytes()).unwrap();
        (read(Locale::En, (&form, &["11010519491231002X".to_owned()]), &mut details), details)
    }

    #[test]
    fn a_password_is_enough() {
        let (wish, _) =
            tried("login_name=&phone=+&password=Quiet+Lantern+88&password_again=Quiet+Lantern+88");
        let wish = wish.unwrap();
        assert!(wish.login_name.is_none() && wish.phone.is_none());
        assert_eq!(wish.password.expose(), "Quiet Lantern 88");
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_no_password_is_shown_again() {
        let (wish, details) = tried("login_name=9x&phone=123&password=short&password_again=other");
        assert!(wish.is_none());
        for field in [&details.login_name, &details.phone, &details.password] {
            assert!(field.error.is_some());
        }
        assert_eq!((details.login_name.value.as_str(), details.phone.value.as_str()), ("9x", "123"));
        assert_eq!((details.password.value.as_str(), details.password_again.value.as_str()), ("", ""));
    }

    #[test]
    fn the_second_password_must_be_the_first() {
        for again in ["", "&password_again=Quiet-Lantern-88+", "&password_again=Quiet-Lantern-89"] {
            let (wish, details) = tried(&format!("password=Quiet-Lantern-88{again}"));
            assert!(wish.is_none() && details.password_again.error.is_some(), "{again}");
        }
    }

    #[test]
    fn what_is_shown_again_is_bounded() {
        let (wish, details) = tried(&format!("login_name={}&password=Quiet-Lantern-88", "a".repeat(60_000)));
        assert!(wish.is_none() && details.login_name.error.is_some());
        assert_eq!(details.login_name.value.len(), MOST_SHOWN);
    }

    #[test]
    fn the_password_is_none_of_the_other_fields_and_no_number_of_the_persons() {
        for (own, good) in [
            ("li-fang2024", false),
            ("13800138000", false),
            ("11010519491231002x", false),
            ("Quiet-88-Lantern", true),
        ] {
            let (wish, details) =
                tried(&format!("login_name=Li-Fang&phone=13800138000&password={own}&password_again={own}"));
            assert_eq!((wish.is_some(), details.password.error.is_none()), (good, good), "{own}");
        }
    }
}
