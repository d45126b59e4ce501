//! Keyset paging: a page of at most `limit` rows after the last id seen.

/// What part of a list is asked for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The id of the last row seen; rows come newest first.
    pub before: Option<String>,
    pub limit: i64,
}

impl PageRequest {
    pub const MOST: i64 = 100;

    pub fn first(limit: i64) -> Self {
        Self { before: None, limit: limit.clamp(1, Self::MOST) }
    }

    pub fn before(id: String, limit: i64) -> Self {
        Self { before: Some(id), limit: limit.clamp(1, Self::MOST) }
    }
}
