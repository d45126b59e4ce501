//! The mechanism of storage, no table named: one SQL text on SQLite and PostgreSQL, and ephemeral state.

pub mod statement;
pub mod tally;
mod trouble;
mod together;
mod lane;
mod postgres;
mod readers;
pub mod tx;
pub mod db;
pub mod migrate;
pub mod ephemeral;
pub mod outbox;

pub use db::{Db, Reader, Run};
pub use ephemeral::{Consumed, Ephemeral};
pub use sqlx::FromRow;
pub use statement::{Record, Statement, Value};
pub use tally::Tally;
pub use tx::Tx;
