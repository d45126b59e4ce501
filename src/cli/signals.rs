//! The signals of a running service: SIGTERM from an init system and SIGINT from a keyboard end it cleanly, SIGHUP has it
//! read its files again.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::problem::Problem;
use crate::app::Wake;
use crate::jobs::{self, Ending};
use crate::server::Orders;

/// What SIGHUP means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hangup {
    /// Read your files again: what init systems send to a service.
    Reload,
    /// The terminal was closed.
    End,
}

/// Begins to listen at once: from here on no signal ends the process by itself. A second one that means the end does so hard.
pub fn listen(hangup: Hangup) -> Result<Orders, Problem> {
    let cannot = |cause: io::Error| Problem::File { what: "listening for signals".to_owned(), cause };
    let listen = |kind| signal(kind).map_err(cannot);
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut hung_up = listen(SignalKind::hangup())?;
    let (stopper, stop) = jobs::pair();
    let reload = Arc::new(Wake::default());
    let orders = Orders { stop, reload: reload.clone() };
    tokio::spawn(async move {
        let mut said = false;
        loop {
            let ending = tokio::select! {
                _ = terminate.recv() => Ending::Announced,
                _ = interrupt.recv() => Ending::AtOnce,
                _ = hung_up.recv() => match hangup {
                    Hangup::End => Ending::AtOnce,
                    Hangup::Reload => {
                        reload.ring();
                        continue;
                    }
                },
            };
            if said {
                std::process::exit(130);
            }
            said = true;
            stopper.say(ending);
        }
    });
    Ok(orders)
}
