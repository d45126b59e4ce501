//! The commands of the program: each opens what it needs, does one thing, and says in one line why it could not.

pub mod apply;
mod arguments;
mod audit;
mod keys;
mod migrate;
mod panic_hook;
mod place;
mod print;
mod problem;
mod run;
mod serve;
mod signals;

pub use run::run;
