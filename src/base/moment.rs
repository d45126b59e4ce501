//! In what moment something happens: when, for whom, from where. Passed first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
    /// Limits count by [`Moment::place`].
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

    /// Where this comes from, as limits count it: an IPv4 address whole, of an IPv6 address its /64. A household or a
    /// server is given that much at least (RFC 6177 §2) and has 2^64 addresses to choose from.
    pub fn place(&self) -> IpAddr {
        match self.client_ip.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            whole => whole,
        }
    }

    /// The same moment with a known actor.
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Seeded;
    use super::*;

    fn place(address: &str) -> String {
        let mut moment = Moment::of_system(Timestamp::from_seconds(1), Arc::new(Seeded::new(1)));
        moment.client_ip = address.parse().unwrap();
        moment.place().to_string()
    }

    #[test]
    fn a_network_of_ipv6_is_one_place() {
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_ne!(place("203.0.113.9"), place("203.0.113.10"));
        assert_eq!(place("::ffff:203.0.113.9"), "203.0.113.9");
    }
}
