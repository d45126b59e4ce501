//! Stories told through real Chromium: what people do, page by page, with the program as it is built.
// What a failing story has to say goes to the test's own output.
#![allow(clippy::print_stderr)]

mod acts;
mod by_itself;
mod hotline;
mod main_job;
mod support;
