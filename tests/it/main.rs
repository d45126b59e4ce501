//! The product as people and systems meet it: the whole service in this process, spoken to over HTTP.

mod support;

mod account;
mod authorize;
mod budgets;
mod consent;
mod details;
mod errors_guide;
mod front_channel;
mod health;
mod introspection;
mod jobs;
mod keys;
mod journey;
mod logout;
mod par;
mod privacy;
mod receipt;
mod register;
mod request_objects;
mod registration;
mod routes;
mod services;
mod sign_in;
mod signed_answers;
mod slip;
mod statements;
mod step_up;
mod token;
mod trace;
mod userinfo;
mod verified_claims;
mod visit;
mod window;
