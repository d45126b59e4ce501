//! How long an assertion is still good (RFC 7523 §3 (4) to (6)).

use crate::base::Timestamp;

/// How far the clocks of a department and of the service may be apart.
pub const LEEWAY_SECONDS: f64 = 30.0;

/// What an assertion says about its time, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Validity {
    pub iat: Option<f64>,
    pub nbf: Option<f64>,
    pub exp: f64,
}

impl Validity {
    /// The seconds it is still good for; none when it is over, not begun, or lives longer than `longest`.
    pub fn seconds_left(self, now: Timestamp, longest: f64) -> Option<f64> {
        let now = now.seconds() as f64;
        let not_yet = |at: f64| at - now > LEEWAY_SECONDS;
        let left = self.exp - now;
        let lives = (-LEEWAY_SECONDS < left) && left <= longest + LEEWAY_SECONDS;
        let begun = !self.iat.is_some_and(not_yet) && !self.nbf.is_some_and(not_yet);
        (lives && begun).then(|| left.max(0.0))
    }
}
