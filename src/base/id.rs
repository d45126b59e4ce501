//! Typed, prefixed, time-sortable ids, made in Rust: `per_01928c…`. An id says what it names and never holds personal data.

use std::fmt;
use std::str::FromStr;

use super::moment::Moment;

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id")]
pub struct NotAnId(pub &'static str);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id, sorting after those made before it.
            pub fn new(moment: &Moment) -> Self {
                Self(format!(concat!($prefix, "_{}"), sortable(moment)))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let rest = text.strip_prefix(concat!($prefix, "_")).ok_or(NotAnId($prefix))?;
                let fits = (1..=64).contains(&rest.len())
                    && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                if fits { Ok(Self(text.to_owned())) } else { Err(NotAnId($prefix)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A natural person, with or without an account.
    PersonId = "per";
    /// One document of a person.
    DocumentId = "doc";
    /// An enterprise (unified social credit code).
    EnterpriseId = "ent";
    /// One role of a person in an enterprise.
    DelegationId = "del";
    /// One piece of evidence about a person.
    EvidenceId = "evi";
    /// The online log-in of a person.
    AccountId = "acc";
    /// An SSO session of a browser.
    SessionId = "ses";
    /// A client's part in an SSO session; its value is the client's `sid`.
    ParticipationId = "sid";
    /// Everything that hangs on one authorization: refresh tokens, access tokens.
    FamilyId = "fam";
    /// A pending authorization request.
    RequestId = "req";
    /// A consent of a person for a client.
    ConsentId = "con";
    /// A visit to a window.
    VisitId = "vis";
    /// A signed receipt of a verification.
    ReceiptId = "rec";
    /// A member of staff: clerk, administrator, auditor.
    StaffId = "stf";
    /// A signed-in member of staff's session.
    StaffSessionId = "sts";
    /// One logout message to one client.
    DeliveryId = "dlv";
    /// One audit event.
    AuditId = "aud";
    /// One seal over audit events.
    SealId = "sea";
}

/// UUID version 7 (RFC 9562 §5.7) from the moment's clock and randomness, as 32 hexadecimal digits.
fn sortable(moment: &Moment) -> String {
    let mut bytes = [0u8; 10];
    moment.random.fill(&mut bytes);
    let millis = u64::try_from(moment.now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().simple().to_string()
}
