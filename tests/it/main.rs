//! The product as people and systems meet it: the whole service in this process, spoken to over HTTP.

mod support;

mod statements;
mod sign_in;
