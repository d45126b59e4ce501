//! Tongyao (通钥): a unified identity authentication service with the hall built in.
//!
//! The modules stand in one order, ground to roof: **a module may use only the modules listed above it.**
//! `tests/architecture.rs` holds the order. `docs/ARCHITECTURE.md` is the tour of the house.

// Ground: no subject knowledge.
pub mod base;
pub mod disk;
pub mod protocol;
pub mod crypto;
pub mod config;
pub mod telemetry;
pub mod storage;
pub mod gateway;

// Subjects: rules and their SQL, no HTTP.
pub mod audit;
pub mod identity;
pub mod client;
pub mod signin;
pub mod session;
pub mod grant;
pub mod hall;

// The parts, chosen once.
pub mod app;

// Surfaces: HTTP in, page or JSON out; no rules.
pub mod http;
pub mod oidc;
pub mod web;

// The process.
pub mod jobs;
pub mod server;
pub mod sample;
pub mod cli;
