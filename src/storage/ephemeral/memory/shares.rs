//! Who has how much of what gives way, and what goes first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::share::{Kind, Share};
use super::SHARDS;

/// Of one shard.
#[derive(Default)]
pub(super) struct Shares {
    turns: u64,
    waiting: OfKind,
    codes: OfKind,
}

#[derive(Default)]
struct OfKind {
    bytes: usize,
    owners: HashMap<Arc<str>, Owned>,
    /// The same owners, the one who has most last.
    by_bytes: BTreeSet<(usize, Arc<str>)>,
}

#[derive(Default)]
struct Owned {
    bytes: usize,
    /// Keys of entries, the oldest first.
    by_turn: BTreeMap<u64, String>,
}

/// What an entry that gives way is known by.
#[derive(Clone)]
pub(super) struct Claim {
    share: Share,
    turn: u64,
}

impl Shares {
    /// What must go first for so many bytes more of a share: the owner's own oldest, or of all owners' that who has most of
    /// the kind has had longest.
    pub(super) fn in_the_way_of(&self, share: &Share, bytes: usize) -> Option<&str> {
        let of_kind = self.of(share.kind);
        let own = of_kind.owners.get(&share.owner);
        if own.map_or(0, |own| own.bytes) + bytes > share.kind.most_of_one() / SHARDS
            && let Some(oldest) = own.and_then(Owned::oldest)
        {
            return Some(oldest);
        }
        if of_kind.bytes + bytes > share.kind.most() / SHARDS {
            let (_, heaviest) = of_kind.by_bytes.last()?;
            return of_kind.owners.get(heaviest).and_then(Owned::oldest);
        }
        None
    }

    /// The youngest of its owner's.
    pub(super) fn claim(&mut self, share: &Share) -> Claim {
        self.turns += 1;
        Claim { share: share.clone(), turn: self.turns }
    }

    pub(super) fn enter(&mut self, claim: &Claim, (key, bytes): (&str, usize)) {
        self.of_mut(claim.share.kind).change(&claim.share.owner, |owned| {
            owned.bytes += bytes;
            owned.by_turn.insert(claim.turn, key.to_owned());
        });
    }

    pub(super) fn leave(&mut self, claim: &Claim, bytes: usize) {
        self.of_mut(claim.share.kind).change(&claim.share.owner, |owned| {
            owned.bytes = owned.bytes.saturating_sub(bytes);
            owned.by_turn.remove(&claim.turn);
        });
    }

    /// In the same place.
    pub(super) fn become_as_heavy(&mut self, claim: &Claim, (before, after): (usize, usize)) {
        self.of_mut(claim.share.kind).change(&claim.share.owner, |owned| {
            owned.bytes = owned.bytes.saturating_sub(before) + after;
        });
    }

    fn of(&self, kind: Kind) -> &OfKind {
        match kind {
            Kind::Waiting => &self.waiting,
            Kind::Codes => &self.codes,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut OfKind {
        match kind {
            Kind::Waiting => &mut self.waiting,
            Kind::Codes => &mut self.codes,
        }
    }
}

impl OfKind {
    fn change(&mut self, owner: &Arc<str>, change: impl FnOnce(&mut Owned)) {
        let owned = self.owners.entry(owner.clone()).or_default();
        let before = owned.bytes;
        change(owned);
        let after = owned.bytes;
        let is_gone = owned.by_turn.is_empty();
        self.bytes = self.bytes.saturating_sub(before) + after;
        self.by_bytes.remove(&(before, owner.clone()));
        if is_gone {
            self.owners.remove(owner);
        } else {
            self.by_bytes.insert((after, owner.clone()));
        }
    }
}

impl Owned {
    fn oldest(&self) -> Option<&str> {
        self.by_turn.first_key_value().map(|(_, key)| key.as_str())
    }
}

#[cfg(test)]
impl Shares {
    /// What is written down of an entry's owner; none where nothing is.
    pub(super) fn written(&self) -> usize {
        let kinds = [&self.waiting, &self.codes];
        let agree = |kind: &OfKind| {
            let each: usize = kind.owners.values().map(|owned| owned.bytes).sum();
            let ordered: usize = kind.by_bytes.iter().map(|(bytes, _)| bytes).sum();
            assert_eq!((kind.bytes, kind.bytes, kind.by_bytes.len()), (each, ordered, kind.owners.len()));
        };
        kinds.into_iter().for_each(agree);
        kinds.into_iter().map(|kind| kind.bytes).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.owners.is_empty() && self.codes.owners.is_empty()
    }
}
