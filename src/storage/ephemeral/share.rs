//! Whose share of the store something takes, and how large it may be.

/// Of what kind something is that gives way, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    kind: Kind,
    owner: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Waiting,
    Codes,
}

/// One bound something is under: what it is called, and how many bytes there may be under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) most: usize,
}

const MIB: usize = 1024 * 1024;

impl Share {
    /// What anybody may have kept without being known, from one place; an address is shared by a hall or an office.
    pub fn of_place(place: &str) -> Self {
        Self { kind: Kind::Waiting, owner: place.to_owned() }
    }

    /// What one account may have waiting to be fetched, and the traces of what was.
    pub fn of_account(account: &str) -> Self {
        Self { kind: Kind::Codes, owner: account.to_owned() }
    }

    /// The owner's own bound first, so that they crowd out themselves before others.
    pub(super) fn bounds(&self) -> [Bound; 2] {
        let (name, most_an_owner, most) = match self.kind {
            Kind::Waiting => ("waiting", 16 * MIB, 128 * MIB),
            Kind::Codes => ("codes", 8 * MIB, 96 * MIB),
        };
        let own = Bound { name: format!("{name}:{}", self.owner), most: most_an_owner };
        [own, Bound { name: name.to_owned(), most }]
    }
}
