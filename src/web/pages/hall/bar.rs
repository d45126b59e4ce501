//! The bar of every page of the window: who works where.

/// Who works where.
#[derive(Debug, Clone, Default)]
pub struct DeskBar {
    pub hall: String,
    /// None until the clerk has chosen one.
    pub window: Option<String>,
    pub clerk: String,
}
