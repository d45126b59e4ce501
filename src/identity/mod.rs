//! Who people and enterprises are, with or without an account.
//!
//! Modules stand in order; each uses only those above it. All but `store` are pure rules: no database, no clock, no network.

pub mod normalise;
pub mod id_type;
pub mod document_problem;
pub mod country;
pub mod mrz;
pub mod id_number;
pub mod credit_code;
pub mod document;
pub mod search;
pub mod name;
pub mod phone;
pub mod login_name;
pub mod mask;
pub mod evidence;
pub mod assurance;
pub mod framework;
pub mod strength;
pub mod enterprise_role;
pub mod subject;
pub mod store;

pub use assurance::{Assurance, Level};
pub use country::Country;
pub use credit_code::{CreditCode, CreditCodeProblem};
pub use document::{Advisory, Document, PersonKey};
pub use document_problem::DocumentProblem;
pub use enterprise_role::{Delegation, EnterpriseRole, Matter, Matters};
pub use evidence::{CheckMethod, Evidence, EvidenceKind};
pub use framework::{Framework, Frameworks};
pub use id_number::{ForeignerNumber, ResidentNumber, Sex};
pub use id_type::IdType;
pub use login_name::{LoginName, LoginNameProblem};
pub use name::{NameProblem, PersonName};
pub use phone::{PhoneNumber, PhoneProblem};
pub use search::{SearchKeys, search_keys};
pub use strength::{Rank, SignInMethod};
