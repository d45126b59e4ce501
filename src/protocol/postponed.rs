//! A refusal that ends by itself: the same request may be let through later, and when (RFC 9110 §10.2.3, RFC 6585 §4).

use super::refusal::Refusal;

/// Refused until so many seconds have gone by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Postponed {
    pub refusal: Refusal,
    /// After so many it may be asked again; at least 1.
    pub wait: u64,
}

/// What is busy now is rarely so a moment later.
const A_MOMENT: u64 = 2;
/// The service asks an address of keys once a minute.
const A_MINUTE: u64 = 60;

impl Refusal {
    /// Refused until then.
    pub fn until(self, wait: u64) -> Postponed {
        Postponed { refusal: self, wait: wait.max(1) }
    }

    /// Seconds to wait where nobody has said how many: every answer of 429 and 503 names some.
    pub const fn usual_wait(self) -> Option<u64> {
        match self {
            Refusal::ClientEncryptionKeysUnavailable => Some(A_MINUTE),
            _ if matches!(self.status(), 429 | 503) => Some(A_MOMENT),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_asked_again_says_when() {
        for refusal in Refusal::ALL {
            let later = matches!(refusal.status(), 429 | 503);
            assert_eq!(refusal.usual_wait().is_some(), later, "{refusal}");
        }
        assert_eq!(Refusal::TooManyRequests.until(0).wait, 1);
    }
}
