//! Chance: the system's randomness, or a seeded stream for tests.

use std::sync::Mutex;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of random bytes.
pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random {
    /// `bytes` random bytes as base64url without padding: 32 bytes carry 256 bits in 43 characters.
    pub fn token(&self, bytes: usize) -> String {
        let mut buffer = vec![0u8; bytes];
        self.fill(&mut buffer);
        URL_SAFE_NO_PAD.encode(&buffer)
    }

    /// A decimal string of `count` digits, every digit equally likely.
    pub fn digits(&self, count: usize) -> String {
        let mut digits = String::with_capacity(count);
        while digits.len() < count {
            let mut byte = [0u8; 1];
            self.fill(&mut byte);
            // 250 is the largest multiple of ten in a byte: above it the digits would be skewed.
            if byte[0] < 250 {
                digits.push(char::from(b'0' + byte[0] % 10));
            }
        }
        digits
    }
}

/// The operating system's generator.
#[derive(Default)]
pub struct System(SystemRandom);

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no token may be issued: stopping is the only safe answer.
        assert!(self.0.fill(bytes).is_ok(), "the system's random generator failed");
    }
}

/// A repeatable stream (SplitMix64) for tests; never for real secrets.
pub struct Seeded(Mutex<u64>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let word = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}
