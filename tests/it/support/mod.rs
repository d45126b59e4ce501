//! The world the tests live in and who acts in it: the service in this process, people with browsers, systems, clerks.

pub mod services;
pub mod wire;
pub mod html;
pub mod town;
pub mod world;
pub mod browser;
pub mod relying_party;
pub mod clerk;
pub mod listener;
pub mod key_holder;
pub mod certificates;
pub mod encrypted;
pub mod look;
pub mod race;
pub mod log;
pub mod wrong_assertions;

pub use browser::{Browser, Page};
pub use clerk::Clerk;
pub use key_holder::KeyHolder;
pub use race::all_at_once;
pub use relying_party::{Ask, RelyingParty, Tokens};
pub use town::{LI, WANG};
pub use wire::Answer;
pub use world::World;
