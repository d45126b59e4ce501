//! People, documents, accounts, evidence and enterprises in the database: personal columns sealed, numbers found by fingerprint.

pub mod person;
pub mod document;
pub mod account;
pub mod proof;
pub mod verification;
pub mod enterprise;
