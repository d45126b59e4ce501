//! The one place where a fault of ours is logged, with its causes, under the request's id.

use crate::base::{Fault, Trouble};

/// Logs a fault. The request id is a field of the span around every request.
pub fn note(fault: &Fault) {
    match fault.trouble() {
        Trouble::Unavailable => tracing::warn!(?fault, "a part is away"),
        Trouble::Broken | Trouble::Duplicate => tracing::error!(?fault, "fault"),
    }
}
