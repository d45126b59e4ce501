//! One relying system at work: its settings and everything it remembers.

use std::sync::Arc;

use super::call::Calls;
use super::pending::Pending;
use super::provider::Provider;
use super::sessions::Sessions;
use super::settings::RelyingSettings;
use super::sign_in::Login;
use super::system::System;
use crate::base::Fault;

/// A running sample system; [`super::portal`], [`super::department`] and [`super::hotline`] put routes around it.
pub struct SampleRp {
    pub(super) system: System,
    pub(super) settings: RelyingSettings,
    pub(super) provider: Provider,
    pub(super) logins: Pending<Login>,
    /// Sign-outs under way: a return from the identity service that nobody here began means nothing.
    pub(super) logouts: Pending<()>,
    pub(super) sessions: Sessions,
    /// Callers on the line, of the hotline alone.
    pub(super) calls: Calls,
}

impl SampleRp {
    pub(super) fn new(system: System, settings: RelyingSettings) -> Result<Arc<Self>, Fault> {
        Ok(Arc::new(Self {
            system,
            provider: Provider::new(&settings)?,
            logins: Pending::new(),
            logouts: Pending::new(),
            calls: Calls::new(),
            sessions: Sessions::open(&settings.data_dir, system.prefix(), settings.clock.clone())?,
            settings,
        }))
    }
}
