//! What the surfaces share: addresses, the context of a request, cookies, forms, headers, and how an answer leaves.

pub mod paths;
pub mod cookie;
pub mod client_ip;
pub mod client_certificate;
pub mod form;
pub mod csp;
pub mod context;
pub mod browser_state;
pub mod machine;
pub mod csrf;
pub mod shown;
pub mod address;
pub mod fault_log;
pub mod around;
