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

            /// Without the prefix, where it is a part of something else.
            pub fn bare(&self) -> &str {
                &self.0[concat!($prefix, "_").len()..]
            }

            pub fn of_bare(bare: &str) -> Result<Self, NotAnId> {
                format!(concat!($prefix, "_{}"), bare).parse()
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
    /// A client that registered itself; its value is the `client_id`.
    ClientId = "cli";
    /// An initial access token, known by it to operators.
    InvitationId = "inv";
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
    /// A request whose answer comes from another device: of a device (RFC 8628), or begun by a client (CIBA).
    DecoupledId = "dcp";
    /// One notice to a client that its request is answered.
    NoticeId = "ntc";
    /// A message in the sandbox's inbox.
    MessageId = "msg";
    /// One audit event.
    AuditId = "aud";
    /// One seal over audit events.
    SealId = "sea";
}

/// UUID version 7 (RFC 9562 §5.7) from the moment's clock and randomness, as 32 hexadecimal digits. The twelve bits after
/// the millisecond carry its fraction (§6.2, method 3), so that ids of one millisecond still sort by their microsecond.
fn sortable(moment: &Moment) -> String {
    let mut bytes = [0u8; 10];
    moment.random.fill(&mut bytes);
    let micros = u64::try_from(moment.now.micros()).unwrap_or(0);
    let fraction = u16::try_from(micros % 1000 * 4096 / 1000).unwrap_or(0).to_be_bytes();
    bytes[..2].copy_from_slice(&fraction);
    uuid::Builder::from_unix_timestamp_millis(micros / 1000, &bytes).into_uuid().simple().to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;

    #[test]
    fn ids_sort_by_the_microsecond_they_were_made_in() {
        let at = |micros| Moment::of_system(Timestamp::from_micros(micros), Arc::new(Seeded::new(7)));
        let made: Vec<_> =
            [999, 1_000, 1_001, 1_500, 1_999, 2_000].map(|micros| PersonId::new(&at(micros))).into();
        assert!(made.is_sorted(), "{made:?}");
        assert_eq!(made[0].as_str().parse(), Ok(made[0].clone()));
    }

    #[test]
    fn an_id_of_another_kind_is_none() {
        for bad in ["", "per_", "acc_1", "per_ä", "per_a b", "per-1"] {
            assert!(bad.parse::<PersonId>().is_err(), "{bad}");
        }
    }
}
