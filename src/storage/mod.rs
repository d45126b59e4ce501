//! The mechanism of storage, no table named: one SQL text on SQLite and PostgreSQL, and ephemeral state.

pub mod statement;
pub mod tally;
mod trouble;
mod lane;
mod postgres;
pub mod db;
pub mod migrate;
pub mod ephemeral;

pub use db::{Db, Reader, Run, Tx};
pub use ephemeral::{Consumed, Ephemeral};
pub use sqlx::FromRow;
pub use statement::{Record, Statement, Value};
pub use tally::Tally;
