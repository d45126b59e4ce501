//! The product as people and systems meet it: the whole service in this process, spoken to over HTTP.

mod support;

mod account;
mod authorize;
mod budgets;
mod consent;
mod errors_guide;
mod health;
mod introspection;
mod jobs;
mod keys;
mod journey;
mod logout;
mod privacy;
mod receipt;
mod register;
mod routes;
mod sign_in;
mod slip;
mod statements;
mod step_up;
mod token;
mod userinfo;
mod visit;
mod window;
