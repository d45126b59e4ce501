//! The hall's rules on a real database: both ways in, every refusal, races, expiry, and what must not stay behind.

mod support;
mod documents;
mod journey;
mod counter;
mod deciding;
mod binding;
mod slips;
mod clerks;
mod time;
mod traces;
