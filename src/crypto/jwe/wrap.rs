//! AES Key Wrap (RFC 3394, RFC 7518 §4.4): a content key under a key that was agreed on.

use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap};
use zeroize::Zeroizing;

use crate::base::Fault;

/// Wrapping adds an integrity check of eight bytes.
const CHECK: usize = 8;

pub(super) fn wrap(kek: &[u8], key: &[u8]) -> Result<Vec<u8>, Fault> {
    let failed = |_| Fault::broken("wrapping a key");
    let mut wrapped = vec![0; key.len() + CHECK];
    let length = self::kek(kek).map_err(failed)?.wrap(key, &mut wrapped).map_err(failed)?.len();
    wrapped.truncate(length);
    Ok(wrapped)
}

pub(super) fn unwrap(kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    // The longest content key has 64 bytes.
    if !(16 + CHECK..=64 + CHECK).contains(&wrapped.len()) || !wrapped.len().is_multiple_of(8) {
        return None;
    }
    let mut key = Zeroizing::new(vec![0; wrapped.len()]);
    let length = self::kek(kek).ok()?.unwrap(wrapped, &mut key).ok()?.len();
    key.truncate(length);
    Some(key)
}

fn kek(key: &[u8]) -> Result<AesKek, aws_lc_rs::error::Unspecified> {
    AesKek::new(if key.len() == 16 { &AES_128 } else { &AES_256 }, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 3394 §4.1 and §4.6.
    #[test]
    fn wraps_like_the_specification() {
        let cases = [
            (
                "000102030405060708090A0B0C0D0E0F",
                "00112233445566778899AABBCCDDEEFF",
                "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5",
            ),
            (
                "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
                "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
                "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21",
            ),
        ];
        for (kek, key, wrapped) in cases.map(|(kek, key, wrapped)| (bytes(kek), bytes(key), bytes(wrapped))) {
            assert_eq!(wrap(&kek, &key).unwrap(), wrapped);
            assert_eq!(*unwrap(&kek, &wrapped).unwrap(), key);
            for at in 0..wrapped.len() {
                let mut changed = wrapped.clone();
                changed[at] ^= 1;
                assert!(unwrap(&kek, &changed).is_none());
                assert!(unwrap(&kek, &wrapped[..at]).is_none());
            }
        }
    }
}
