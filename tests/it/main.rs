//! The product as people and systems meet it: the whole service in this process, spoken to over HTTP.

mod support;

mod account;
mod authorize;
mod budgets;
mod consent;
mod database_away;
mod errors_guide;
mod front_channel;
mod health;
mod introspection;
mod jobs;
mod journey;
mod logout;
mod privacy;
mod receipt;
mod register;
mod routes;
mod session_state;
mod sessions_end;
mod sign_in;
mod slip;
mod statements;
mod step_up;
mod token;
mod userinfo;
mod visit;
mod window;
