//! Keys and what is done with them: signing, sealing, fingerprints, password hashes.

pub mod folder;
pub mod mac;
pub mod seal;
pub mod fingerprint;
pub mod signer;
pub mod jwe;
pub mod keystore;
pub mod jwt;
pub mod certificate;
pub mod password;
pub mod keys;

pub use keys::Keys;
