//! In what moment something happens: when, for whom, from where. Passed first.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::certificate::ClientCertificate;
use super::id::{PersonId, StaffId};
use super::random::Random;
use super::time::Timestamp;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known yet.
    Anonymous,
    /// The service itself: jobs, commands.
    System,
    Person(PersonId),
    Staff(StaffId),
    /// A client by its `client_id`.
    Client(String),
}

impl Actor {
    /// The word the audit writes for the kind of actor.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Anonymous => "anonymous",
            Actor::System => "system",
            Actor::Person(_) => "person",
            Actor::Staff(_) => "staff",
            Actor::Client(_) => "client",
        }
    }

    /// The actor's id, where it has one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Actor::Anonymous | Actor::System => None,
            Actor::Person(id) => Some(id.as_str()),
            Actor::Staff(id) => Some(id.as_str()),
            Actor::Client(id) => Some(id),
        }
    }
}

/// The moment of one request or one run of a job.
#[derive(Clone)]
pub struct Moment {
    pub now: Timestamp,
    pub random: Arc<dyn Random>,
    /// Names the request in logs, audit and error pages.
    pub request_id: String,
    pub client_ip: IpAddr,
    /// What the caller showed by mutual TLS; its key is proved, its name is not.
    pub certificate: Option<ClientCertificate>,
    pub actor: Actor,
}

impl Moment {
    /// A moment of the service itself.
    pub fn of_system(now: Timestamp, random: Arc<dyn Random>) -> Self {
        let request_id = random.token(12);
        let client_ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { now, random, request_id, client_ip, certificate: None, actor: Actor::System }
    }

    /// The same moment with a known actor.
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }
}
