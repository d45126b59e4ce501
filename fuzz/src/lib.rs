//! The bodies of the fuzz targets: a file a family of parsers, each with what must hold whatever comes in. libFuzzer calls
//! them (`targets/`), and so does an ordinary test (`tests/fuzz`), so that they stay true between two fuzzing sessions.

mod pieces;

pub use pieces::places_reached;

pub mod addresses;
pub mod authorize;
pub mod certificates;
pub mod claims;
pub mod client_auth;
pub mod codes;
pub mod declared_state;
pub mod details;
pub mod dpop;
pub mod fetched;
pub mod headers;
pub mod json;
pub mod jwe;
pub mod jwt;
pub mod numbers;
pub mod redirect_uris;
pub mod registration;
pub mod request_objects;
pub mod token_requests;
