//! What each page shows: plain fields that a handler fills, and the template that lays them out.

mod asker;
mod sign_in;
mod consent;
mod device;
mod requests;
mod step_up;
mod ticket;
mod visit;
mod register;
mod sign_out;
mod account;
mod error;
mod error_codes;
mod form_post;
mod home;
mod receipt;
mod reader;
pub mod hall;

pub use account::{
    AccountPage, ConsentLine, ConsentsPage, DocumentLine, HistoryLine, HistoryPage, RequestsWaiting,
    ServiceLine, ServicesPage, SessionLine, SessionsPage, WhichDevice,
};
pub use asker::{Asker, AwayLink};
pub use consent::{ConsentItem, ConsentPage, Need, Occasion};
pub use device::{AnsweredPage, DevicePage, DeviceProblem, Said};
pub use error::{ErrorPage, Link, Place};
pub use error_codes::{ErrorCodePage, ErrorCodesPage};
pub use form_post::FormPostPage;
pub use home::{HelpPage, HomePage};
pub use reader::{ReaderPage, SampleCard};
pub use receipt::{ReceiptPage, ReceiptState};
pub use register::{
    Guardian, Kept, RegisterDetails, RegisterPage, RegisterProblem, RegisterStep, RegisteredPage,
    sign_in_and_back,
};
pub use requests::{InboxLine, InboxPage, RequestLine, RequestsPage};
pub use sign_in::{SignInPage, SignInProblem, SignInTab, WhyAgain};
pub use sign_out::{LogoutFrame, LogoutOutcome, Reach, SignOutPage, SignedInSystem, SignedOutPage};
pub use step_up::{StepUpPage, StepUpProblem};
pub use ticket::{HallPlace, Ticket};
pub use visit::{BindingForm, VisitPage, VisitState};
