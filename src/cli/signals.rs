//! The signals that end the process cleanly: SIGTERM from an init system, SIGINT from a keyboard.

use tokio::signal::unix::{SignalKind, signal};

use super::problem::Problem;
use crate::jobs::{self, Stop};

/// Begins to listen at once; the word is said when the first signal comes. A second one ends the process hard.
pub fn stop() -> Result<Stop, Problem> {
    let listen = |kind| {
        signal(kind).map_err(|cause| Problem::File { what: "listening for signals".to_owned(), cause })
    };
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (stopper, stop) = jobs::pair();
    tokio::spawn(async move {
        for round in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if round > 0 {
                std::process::exit(130);
            }
            stopper.say();
        }
    });
    Ok(stop)
}
