//! How strongly somebody signed in, apart from how well we know the person: `amr` values and an AAL-like rank.

use std::fmt;

/// One way somebody showed who they are, in one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInMethod {
    Password,
    /// A code sent to the phone.
    Sms,
    /// A code from an authenticator or a list of recovery codes.
    Otp,
    /// A passkey (WebAuthn).
    Passkey(KeyHome, UserCheck),
    /// A QR code confirmed on a phone that is signed in.
    Qr,
    /// Log-in at another identity provider, whose own strength is not known here.
    Upstream,
}

/// Where a passkey's private key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyHome {
    /// Bound to one device (WebAuthn backup eligibility not set).
    Hardware,
    /// Synchronised between devices.
    Synced,
}

/// What the authenticator asked of the person (WebAuthn flags UP and UV).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserCheck {
    /// A touch: somebody was there.
    Present,
    /// A PIN, finger or face: the right person was there.
    Verified,
}

/// The strength of a sign-in, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Rank {
    /// Nothing shown.
    #[default]
    None,
    /// 1: one factor.
    One,
    /// 2: two factors of different kinds, such as password and text message.
    Two,
    /// 3: a passkey that verified its user, which no look-alike page can replay.
    Three,
}

impl Rank {
    pub const ALL: [Rank; 4] = [Rank::None, Rank::One, Rank::Two, Rank::Three];

    /// 0 to 3.
    pub const fn number(self) -> u8 {
        self as u8
    }

    pub fn of_number(number: u8) -> Option<Rank> {
        Rank::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// The `amr` claim for the methods of one session (RFC 8176 §2), each value once, in the order of the first method
/// that gives it; `mfa` last where two kinds of factor were shown.
pub fn amr(methods: &[SignInMethod]) -> Vec<&'static str> {
    let mut values = Vec::new();
    let mfa = Factors::of(methods).are_two().then_some("mfa");
    for value in methods.iter().flat_map(|method| method.amr()).copied().chain(mfa) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The rank of the methods of one session taken together.
pub fn rank(methods: &[SignInMethod]) -> Rank {
    let verified = |method: &SignInMethod| matches!(method, SignInMethod::Passkey(_, UserCheck::Verified));
    if methods.is_empty() {
        Rank::None
    } else if methods.iter().any(verified) {
        Rank::Three
    } else if Factors::of(methods).are_two() {
        Rank::Two
    } else {
        Rank::One
    }
}

impl SignInMethod {
    fn amr(&self) -> &'static [&'static str] {
        match self {
            SignInMethod::Password => &["pwd"],
            SignInMethod::Sms => &["sms"],
            SignInMethod::Otp => &["otp"],
            SignInMethod::Passkey(KeyHome::Hardware, _) => &["hwk", "user"],
            SignInMethod::Passkey(KeyHome::Synced, _) => &["swk", "user"],
            SignInMethod::Qr => &["mca"],
            // RFC 8176 has no word for it; what the other provider reported stays with it.
            SignInMethod::Upstream => &[],
        }
    }
}

/// The kinds of factor shown (NIST SP 800-63B §2).
#[derive(Default)]
struct Factors {
    knows: u8,
    has: u8,
}

impl Factors {
    fn of(methods: &[SignInMethod]) -> Self {
        let mut factors = Factors::default();
        for method in methods {
            match method {
                SignInMethod::Password => factors.knows = 1,
                SignInMethod::Sms
                | SignInMethod::Otp
                | SignInMethod::Qr
                | SignInMethod::Passkey(_, UserCheck::Present) => factors.has = 1,
                SignInMethod::Passkey(_, UserCheck::Verified) => factors = Factors { knows: 1, has: 1 },
                SignInMethod::Upstream => {}
            }
        }
        factors
    }

    fn are_two(&self) -> bool {
        self.knows + self.has == 2
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SignInMethod as M;
    use super::*;

    const VERIFIED: M = M::Passkey(KeyHome::Hardware, UserCheck::Verified);
    const SYNCED: M = M::Passkey(KeyHome::Synced, UserCheck::Verified);
    const TOUCHED: M = M::Passkey(KeyHome::Hardware, UserCheck::Present);

    #[test]
    fn says_amr_and_rank_by_the_table() {
        let cases: [(&[M], &[&str], u8); 14] = [
            (&[], &[], 0),
            (&[M::Password], &["pwd"], 1),
            (&[M::Sms], &["sms"], 1),
            (&[M::Otp], &["otp"], 1),
            (&[M::Qr], &["mca"], 1),
            (&[M::Upstream], &[], 1),
            (&[M::Sms, M::Otp], &["sms", "otp"], 1),
            (&[M::Password, M::Password], &["pwd"], 1),
            (&[M::Password, M::Sms], &["pwd", "sms", "mfa"], 2),
            (&[M::Password, M::Otp], &["pwd", "otp", "mfa"], 2),
            (&[M::Password, TOUCHED], &["pwd", "hwk", "user", "mfa"], 2),
            (&[TOUCHED], &["hwk", "user"], 1),
            (&[VERIFIED], &["hwk", "user", "mfa"], 3),
            (&[M::Password, SYNCED], &["pwd", "swk", "user", "mfa"], 3),
        ];
        for (methods, values, number) in cases {
            assert_eq!(amr(methods), values, "{methods:?}");
            assert_eq!(rank(methods).number(), number, "{methods:?}");
        }
    }

    #[test]
    fn numbers_read_back_in_order() {
        for rank in Rank::ALL {
            assert_eq!(Rank::of_number(rank.number()), Some(rank));
        }
        assert_eq!(Rank::of_number(4), None);
        assert!(Rank::ALL.is_sorted());
    }

    fn any_method() -> impl Strategy<Value = M> {
        prop::sample::select(vec![M::Password, M::Sms, M::Otp, M::Qr, M::Upstream, VERIFIED, SYNCED, TOUCHED])
    }

    proptest! {
        #[test]
        fn one_method_more_never_weakens(
            some in prop::collection::vec(any_method(), 0..4),
            more in any_method(),
        ) {
            let before = rank(&some);
            let mut all = some;
            all.push(more);
            prop_assert!(rank(&all) >= before);
            prop_assert_eq!(rank(&all) >= Rank::Two, amr(&all).contains(&"mfa"));
        }
    }
}
