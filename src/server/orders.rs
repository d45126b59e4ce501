//! What the process is told from outside while it serves.

use std::sync::Arc;

use crate::app::Wake;
use crate::jobs::Stop;

pub struct Orders {
    /// End.
    pub stop: Stop,
    /// Read your files again.
    pub reload: Arc<Wake>,
}

impl Orders {
    /// None but to end.
    pub fn only(stop: Stop) -> Self {
        Self { stop, reload: Arc::default() }
    }
}
