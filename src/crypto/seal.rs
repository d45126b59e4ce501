//! Personal columns are sealed: authenticated encryption bound to table, column and row, with the key's number in front.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::base::Fault;
use crate::base::random::Random;

/// Where a sealed value stands; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: &'a str,
}

/// The sealing keys by number; the highest seals, all open.
pub struct SealKeys {
    keys: BTreeMap<u32, LessSafeKey>,
}

const VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + NONCE_LEN;

impl SealKeys {
    /// AES-256-GCM-SIV (RFC 8452): a repeated nonce reveals nothing but equality.
    pub fn new(keys: impl IntoIterator<Item = (u32, [u8; 32])>) -> Result<Self, Fault> {
        let keys = keys
            .into_iter()
            .map(|(number, key)| {
                let key =
                    UnboundKey::new(&AES_256_GCM_SIV, &key).map_err(|_| Fault::broken("a sealing key"))?;
                Ok((number, LessSafeKey::new(key)))
            })
            .collect::<Result<_, Fault>>()?;
        Ok(Self { keys })
    }

    /// version (1) · key number (4) · nonce (12) · ciphertext and tag.
    pub fn seal(&self, random: &dyn Random, place: Place<'_>, plain: &str) -> Result<Vec<u8>, Fault> {
        let (number, key) =
            self.keys.last_key_value().ok_or_else(|| Fault::broken("there is no sealing key"))?;
        let mut nonce = [0u8; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plain.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.bytes()),
            &mut sealed,
        )
        .map_err(|_| Fault::broken("sealing"))?;
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<String, Fault> {
        let broken =
            |what: &str| Fault::inconsistent(place.table, place.row, &format!("{}: {what}", place.column));
        if sealed.len() < HEAD || sealed[0] != VERSION {
            return Err(broken("not a sealed value"));
        }
        let number = u32::from_be_bytes([sealed[1], sealed[2], sealed[3], sealed[4]]);
        let key = self.keys.get(&number).ok_or_else(|| broken("its key is not in the keys folder"))?;
        let nonce = Nonce::try_assume_unique_for_key(&sealed[5..HEAD]).map_err(|_| broken("nonce"))?;
        let mut plain = sealed[HEAD..].to_vec();
        let length = key
            .open_in_place(nonce, Aad::from(place.bytes()), &mut plain)
            .map_err(|_| broken("it was changed or moved"))?
            .len();
        plain.truncate(length);
        String::from_utf8(plain).map_err(|_| broken("not text"))
    }
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}\0{}\0{}", self.table, self.column, self.row).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Seeded;

    const NAME: Place<'_> = Place { table: "person", column: "name", row: "per_1" };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let keys = SealKeys::new([(1, [7; 32])]).unwrap();
        let sealed = keys.seal(&Seeded::new(1), NAME, "𠮷野").unwrap();
        assert_eq!(keys.open(NAME, &sealed).unwrap(), "𠮷野");
        for elsewhere in [
            Place { row: "per_2", ..NAME },
            Place { column: "phone", ..NAME },
            Place { table: "account", ..NAME },
        ] {
            assert!(keys.open(elsewhere, &sealed).is_err());
        }
        let mut edited = sealed.clone();
        *edited.last_mut().unwrap() ^= 1;
        assert!(keys.open(NAME, &edited).is_err());
        assert!(keys.open(NAME, b"").is_err());
    }

    #[test]
    fn an_older_key_still_opens() {
        let old = SealKeys::new([(1, [7; 32])]).unwrap().seal(&Seeded::new(1), NAME, "甲").unwrap();
        let both = SealKeys::new([(1, [7; 32]), (2, [8; 32])]).unwrap();
        assert_eq!(both.open(NAME, &old).unwrap(), "甲");
        let new = both.seal(&Seeded::new(2), NAME, "甲").unwrap();
        assert_eq!(new[4], 2);
        assert!(SealKeys::new([(1, [7; 32])]).unwrap().open(NAME, &new).is_err());
    }
}
