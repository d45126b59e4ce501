//! The commands of the program: each opens what it needs, does one thing, and says in one line why it could not.

mod run;
mod arguments;
mod demo;
mod serve;
mod migrate;
mod declare;
pub mod apply;
mod keys;
mod clients;
mod audit;
pub mod sessions;
mod doctor;
mod trace;
mod place;
mod named_files;
mod signals;
mod panic_hook;
mod print;
mod problem;

pub use run::run;
