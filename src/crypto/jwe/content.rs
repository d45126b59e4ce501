//! Content encryption of a JWE (RFC 7518 §5): AES-GCM, and AES-CBC with HMAC.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

use crate::base::Fault;
use crate::protocol::encryption::ContentEncryption;

/// Ciphertext and authentication tag.
pub(super) type Sealed = (Vec<u8>, Vec<u8>);

/// What stands beside the key: the initialization vector and the additional authenticated data.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) iv: &'a [u8],
    pub(super) aad: &'a [u8],
}

const GCM_TAG: usize = 16;

/// Bytes of the content encryption key.
pub(super) const fn key_length(enc: ContentEncryption) -> usize {
    match enc {
        ContentEncryption::A128Gcm => 16,
        ContentEncryption::A256Gcm | ContentEncryption::A128CbcHs256 => 32,
        ContentEncryption::A256CbcHs512 => 64,
    }
}

/// Bytes of the initialization vector.
pub(super) const fn iv_length(enc: ContentEncryption) -> usize {
    match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => 12,
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => 16,
    }
}

pub(super) fn seal(
    enc: ContentEncryption,
    key: &[u8],
    around: Around<'_>,
    plain: &[u8],
) -> Result<Sealed, Fault> {
    let sealed = match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => seal_gcm(enc, key, around, plain),
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => {
            seal_cbc(enc, key, around, plain)
        }
    };
    sealed.ok_or_else(|| Fault::broken("encrypting"))
}

/// The content, if key, vector, data and tag belong together. Nothing says which of them does not.
pub(super) fn open(
    enc: ContentEncryption,
    key: &[u8],
    around: Around<'_>,
    (ciphertext, tag): (&[u8], &[u8]),
) -> Option<Zeroizing<Vec<u8>>> {
    match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => {
            open_gcm(enc, key, around, (ciphertext, tag))
        }
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => {
            open_cbc(enc, key, around, (ciphertext, tag))
        }
    }
}

fn seal_gcm(enc: ContentEncryption, key: &[u8], around: Around<'_>, plain: &[u8]) -> Option<Sealed> {
    let nonce = Nonce::try_assume_unique_for_key(around.iv).ok()?;
    let mut text = plain.to_vec();
    let tag = gcm(enc, key)?.seal_in_place_separate_tag(nonce, Aad::from(around.aad), &mut text).ok()?;
    Some((text, tag.as_ref().to_vec()))
}

fn open_gcm(
    enc: ContentEncryption,
    key: &[u8],
    around: Around<'_>,
    (ciphertext, tag): (&[u8], &[u8]),
) -> Option<Zeroizing<Vec<u8>>> {
    // A shorter tag would be easier to guess (RFC 7518 §5.3).
    if tag.len() != GCM_TAG {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(around.iv).ok()?;
    let mut text = Zeroizing::new([ciphertext, tag].concat());
    let length = gcm(enc, key)?.open_in_place(nonce, Aad::from(around.aad), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

fn gcm(enc: ContentEncryption, key: &[u8]) -> Option<LessSafeKey> {
    let algorithm = if enc == ContentEncryption::A128Gcm { &AES_128_GCM } else { &AES_256_GCM };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}

fn seal_cbc(enc: ContentEncryption, key: &[u8], around: Around<'_>, plain: &[u8]) -> Option<Sealed> {
    let (mac_key, cipher_key) = halves(enc, key)?;
    let iv: [u8; 16] = around.iv.try_into().ok()?;
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher(cipher_key)?).ok()?;
    let mut text = plain.to_vec();
    cipher.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    let tag = cbc_tag(enc, mac_key, around, &text);
    Some((text, tag))
}

/// The tag is checked before anything is decrypted: whether the padding was right is never visible (RFC 7518 §5.2.2.2).
fn open_cbc(
    enc: ContentEncryption,
    key: &[u8],
    around: Around<'_>,
    (ciphertext, tag): (&[u8], &[u8]),
) -> Option<Zeroizing<Vec<u8>>> {
    let (mac_key, cipher_key) = halves(enc, key)?;
    let iv: [u8; 16] = around.iv.try_into().ok()?;
    let expected = cbc_tag(enc, mac_key, around, ciphertext);
    constant_time::verify_slices_are_equal(&expected, tag).ok()?;
    let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(cipher(cipher_key)?).ok()?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = cipher.decrypt(&mut text, context).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// RFC 7518 §5.2.2.1: the first half authenticates, the second encrypts.
fn halves(enc: ContentEncryption, key: &[u8]) -> Option<(&[u8], &[u8])> {
    (key.len() == key_length(enc)).then(|| key.split_at(key.len() / 2))
}

fn cipher(key: &[u8]) -> Option<UnboundCipherKey> {
    UnboundCipherKey::new(if key.len() == 16 { &AES_128 } else { &AES_256 }, key).ok()
}

fn cbc_tag(enc: ContentEncryption, mac_key: &[u8], around: Around<'_>, ciphertext: &[u8]) -> Vec<u8> {
    let algorithm =
        if enc == ContentEncryption::A128CbcHs256 { hmac::HMAC_SHA256 } else { hmac::HMAC_SHA512 };
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, mac_key));
    context.update(around.aad);
    context.update(around.iv);
    context.update(ciphertext);
    context.update(&(around.aad.len() as u64 * 8).to_be_bytes());
    let full = context.sign();
    full.as_ref()[..full.as_ref().len() / 2].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7518 Appendix B.1 and B.3: key, vector, data and text are those of every example there.
    #[test]
    fn cbc_is_that_of_the_specification() {
        let key: Vec<u8> = (0..64).collect();
        let iv =
            [0x1a, 0xf3, 0x8c, 0x2d, 0xc2, 0xb9, 0x6f, 0xfd, 0xd8, 0x66, 0x94, 0x09, 0x23, 0x41, 0xbc, 0x04];
        let plain = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of \
                      the enemy without inconvenience";
        let around = Around { iv: &iv, aad: b"The second principle of Auguste Kerckhoffs" };
        let cases = [
            (ContentEncryption::A128CbcHs256, "652c3fa36b0a7c5b3219fab3a30bc1c4"),
            (
                ContentEncryption::A256CbcHs512,
                "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
            ),
        ];
        for (enc, expected) in cases {
            let key = &key[..key_length(enc)];
            let (text, tag) = seal(enc, key, around, plain).unwrap();
            let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected, "{enc}");
            assert_eq!(*open(enc, key, around, (&text, &tag)).unwrap(), plain, "{enc}");
        }
    }

    #[test]
    fn nothing_that_was_changed_opens() {
        for enc in ContentEncryption::ALL {
            let (key, iv) = (vec![7; key_length(*enc)], vec![9; iv_length(*enc)]);
            let around = Around { iv: &iv, aad: b"aad" };
            let (text, tag) = seal(*enc, &key, around, b"content").unwrap();
            let opens = |key: &[u8], iv: &[u8], aad: &[u8], text: &[u8], tag: &[u8]| {
                open(*enc, key, Around { iv, aad }, (text, tag)).is_some()
            };
            assert!(opens(&key, &iv, b"aad", &text, &tag), "{enc}");
            let flip = |bytes: &[u8]| {
                let mut changed = bytes.to_vec();
                changed[0] ^= 1;
                changed
            };
            assert!(!opens(&flip(&key), &iv, b"aad", &text, &tag), "{enc}");
            assert!(!opens(&key, &flip(&iv), b"aad", &text, &tag), "{enc}");
            assert!(!opens(&key, &iv, b"aae", &text, &tag), "{enc}");
            assert!(!opens(&key, &iv, b"aad", &flip(&text), &tag), "{enc}");
            assert!(!opens(&key, &iv, b"aad", &text, &flip(&tag)), "{enc}");
            assert!(!opens(&key, &iv, b"aad", &text, &tag[..tag.len() - 1]), "{enc}");
            assert!(!opens(&key, &iv, b"aad", &text, b""), "{enc}");
            assert!(!opens(&key[1..], &iv, b"aad", &text, &tag), "{enc}");
            assert!(!opens(&key, &iv[1..], b"aad", &text, &tag), "{enc}");
            assert!(!opens(&key, b"", b"aad", b"", &tag), "{enc}");
        }
    }
}
