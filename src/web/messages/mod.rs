//! The texts of the pages, both languages side by side: a missing translation does not compile.
//!
//! `messages! { Page { title: "登录" | "Sign in", hello(name): "你好，{name}" | "Hello, {name}" } }` makes a type
//! `Page(Locale)` with a method for each text. A text that counts has its English twice, for one and for more:
//! `tries(n): "{n} 次" | "{n} try" / "{n} tries"`.

/// A text without parameters is a `&'static str`; with parameters (anything that displays) it is a `String`.
macro_rules! messages {
    ($($(#[$doc:meta])* $page:ident {
        $($key:ident $(($($arg:ident),+))? : $zh:literal | $en:literal $(/ $many:literal)?),+ $(,)?
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $page(pub crate::base::Locale);

        impl $page {
            $(message! { $key [$($($arg),+)?] $zh, $en $(/ $many)? })+
        }
    )+};
}

macro_rules! message {
    ($key:ident [] $zh:literal, $en:literal) => {
        pub fn $key(self) -> &'static str {
            self.0.pick($zh, $en)
        }
    };
    ($key:ident [$count:ident] $zh:literal, $one:literal / $many:literal) => {
        pub fn $key(self, $count: impl std::fmt::Display) -> String {
            match self.0 {
                crate::base::Locale::ZhCn => format!($zh),
                crate::base::Locale::En if $count.to_string() == "1" => format!($one),
                crate::base::Locale::En => format!($many),
            }
        }
    };
    ($key:ident [$($arg:ident),+] $zh:literal, $en:literal) => {
        pub fn $key(self, $($arg: impl std::fmt::Display),+) -> String {
            match self.0 {
                crate::base::Locale::ZhCn => format!($zh),
                crate::base::Locale::En => format!($en),
            }
        }
    };
}

mod around;
mod account;
mod asker;
mod consent;
mod elsewhere;
mod details;
mod error;
mod error_codes;
mod hall_desk;
mod hall_result;
mod hall_visit;
mod home;
mod level;
mod receipt;
mod register;
mod scopes;
mod sign_in;
mod sign_out;
mod single_claims;
mod step_up;
mod used;
mod verified;
mod visit;
mod wait;
mod why;

pub use account::{Account, Consents, History, Services, Sessions};
pub use around::Around;
pub use asker::Asker;
pub use consent::Consent;
pub use details::Detailed;
pub use elsewhere::{Answered, Device, Elsewhere, Inbox, Requests};
pub use error::{ErrorText, FormPost};
pub use error_codes::ErrorCodes;
pub use hall_desk::{HallDesk, HallSignIn, HallWindow};
pub use hall_result::{HallBinding, HallDecided, HallSlip};
pub use hall_visit::{HallCard, HallCompare};
pub use home::{Help, Home};
pub use level::Level;
pub use receipt::{Reader, Receipt};
pub use register::{Register, Registered};
pub use scopes::Scopes;
pub use sign_in::SignIn;
pub use sign_out::{SignOut, SignedOut};
pub use single_claims::SingleClaims;
pub use step_up::StepUp;
pub use used::Used;
pub use verified::Verified;
pub use visit::{Ticket, Visit};
pub use wait::Wait;
pub use why::Why;

#[cfg(test)]
mod tests {
    use crate::base::Locale;

    messages! {
        Sample {
            title: "登录" | "Sign in",
            hello(name, times): "你好，{name}，第 {times} 次" | "Hello {name}, time {times}",
            tries(n): "{n} 次" | "{n} try" / "{n} tries",
        }
    }

    #[test]
    fn speaks_both_languages() {
        assert_eq!(Sample(Locale::ZhCn).title(), "登录");
        assert_eq!(Sample(Locale::En).title(), "Sign in");
        assert_eq!(Sample(Locale::ZhCn).hello("王", 2), "你好，王，第 2 次");
        assert_eq!(Sample(Locale::En).hello("Wang", 2), "Hello Wang, time 2");
    }

    #[test]
    fn one_is_not_counted_as_many() {
        for (count, said) in [(0, "0 tries"), (1, "1 try"), (2, "2 tries"), (11, "11 tries")] {
            assert_eq!(Sample(Locale::En).tries(count), said);
        }
        assert_eq!(Sample(Locale::ZhCn).tries(1), "1 次");
    }
}
