//! The pages of the window.

mod bar;
mod sign_in;
mod desk;
mod card;
mod compare;
mod decided;
mod binding;
mod slip;

pub use bar::DeskBar;
pub use binding::{BindingState, HallBindingPage};
pub use card::{Entry, HallCardPage, Leaving, ManualEntry};
pub use compare::{AccountKnown, CardPreview, Chip, HallComparePage, OtherDocument, ReadBy, look_for};
pub use decided::{HallDecidedPage, Outcome, Presence};
pub use desk::{DayFigures, HallDeskPage, QueueLine, QueuePerson, QueueState, QueueStep};
pub use sign_in::{HallSignInPage, HallSignInProblem, HallWindowPage, WindowLine, WindowUse};
pub use slip::{Continuation, HallSlipPage};
