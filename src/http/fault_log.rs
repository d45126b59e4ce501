//! The one place where a fault of ours is logged, with its causes, under the request's id.

use crate::base::{Fault, Trouble};
use crate::telemetry::outage;

/// Logs a fault. The request id is a field of the span around every request. While a part is away every request fails for
/// the same reason: each has its own line with 503, and the reason is told once.
pub fn note(fault: &Fault) {
    match fault.trouble() {
        Trouble::Unavailable => {
            outage::told_once(&fault.to_string(), || tracing::warn!(?fault, "a part is away"));
        }
        Trouble::Broken | Trouble::Duplicate => tracing::error!(?fault, "fault"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_part_that_is_away_is_told_once_and_a_defect_each_time() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            for _ in 0..100 {
                note(&Fault::unavailable("a part of this test").because("it is away"));
            }
            for _ in 0..3 {
                note(&Fault::broken("a rule of this test"));
            }
        });
        let lines = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(lines.matches("a part of this test: it is away").count(), 1, "{lines}");
        assert_eq!(lines.matches("a rule of this test").count(), 3, "{lines}");
    }
}
