//! Whose share of the store something takes, and how large it may be.

use std::sync::Arc;

/// Of what kind something is that gives way, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub(super) kind: Kind,
    pub(super) owner: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Waiting,
    Codes,
}

const MIB: usize = 1024 * 1024;

impl Share {
    /// What anybody may have kept without being known, from one place; an address is shared by a hall or an office.
    pub fn of_place(place: &str) -> Self {
        Self { kind: Kind::Waiting, owner: place.into() }
    }

    /// What one account may have waiting to be fetched, and the traces of what was.
    pub fn of_account(account: &str) -> Self {
        Self { kind: Kind::Codes, owner: account.into() }
    }
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Codes => "codes",
        }
    }

    /// Bytes.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Waiting => 128 * MIB,
            Self::Codes => 96 * MIB,
        }
    }

    /// Bytes of one owner.
    pub(super) fn most_of_one(self) -> usize {
        match self {
            Self::Waiting => 16 * MIB,
            Self::Codes => 8 * MIB,
        }
    }
}
