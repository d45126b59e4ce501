//! The mechanism of storage, no table named: one SQL text on SQLite and PostgreSQL, and ephemeral state.

pub mod statement;
pub mod tally;
mod trouble;
pub mod record;
mod together;
mod doubt;
mod lane;
mod postgres;
mod readers;
pub mod tx;
pub mod db;
pub mod migrate;
pub mod ephemeral;
pub mod limit;
pub mod guesses;
pub mod outbox;

pub use db::{Db, Reader, Run};
pub use doubt::Doubt;
pub use ephemeral::{Consumed, Ephemeral, Share};
pub use guesses::Guesses;
pub use limit::Limit;
pub(crate) use record::record;
pub use record::{Field, Record, Row, Rows};
pub use statement::{Statement, Value};
pub use tally::Tally;
pub use trouble::{advice, with_advice};
pub use tx::Tx;
