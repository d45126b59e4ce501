//! The events. Every variant says who and what by ids; no variant has room for personal data.

use serde_json::{Value, json};

use crate::base::id::{
    AccountId, DeliveryId, DocumentId, EvidenceId, FamilyId, InvitationId, NoticeId, ParticipationId,
    PersonId, ReceiptId, SessionId, StaffId, VisitId,
};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

/// Something worth proving later.
#[derive(Debug)]
pub enum Event<'a> {
    PersonRecorded {
        person: &'a PersonId,
        source: &'a str,
    },
    EvidenceRecorded {
        person: &'a PersonId,
        evidence: &'a EvidenceId,
        kind: &'a str,
        visit: Option<&'a VisitId>,
    },
    AccountCreated {
        person: &'a PersonId,
        account: &'a AccountId,
    },
    SignedIn {
        person: &'a PersonId,
        session: &'a SessionId,
        method: &'a str,
    },
    SignInFailed {
        person: Option<&'a PersonId>,
        reason: &'a str,
    },
    SessionEnded {
        person: &'a PersonId,
        session: &'a SessionId,
        reason: &'a str,
    },
    ConsentGiven {
        person: &'a PersonId,
        client: &'a str,
        scope: &'a str,
        /// Their types, separated by spaces.
        details: &'a str,
        declined: &'a str,
    },
    ConsentRefused {
        person: &'a PersonId,
        client: &'a str,
    },
    ConsentWithdrawn {
        person: &'a PersonId,
        client: &'a str,
    },
    TokensIssued {
        person: &'a PersonId,
        client: &'a str,
        session: &'a SessionId,
        family: &'a FamilyId,
        scope: &'a str,
        acr: &'a str,
    },
    TokensRefreshed {
        person: &'a PersonId,
        client: &'a str,
        family: &'a FamilyId,
    },
    ClientTokenIssued {
        client: &'a str,
        scope: &'a str,
    },
    /// A retry got the successor it had not heard of.
    RefreshRepeated {
        person: &'a PersonId,
        client: &'a str,
        family: &'a FamilyId,
    },
    /// `client` got a token for `target` in exchange for one of `holder`.
    TokenExchanged {
        person: &'a PersonId,
        client: &'a str,
        family: &'a FamilyId,
        holder: &'a str,
        target: &'a str,
        scope: &'a str,
        semantics: &'a str,
    },
    ExchangeRefused {
        person: Option<&'a PersonId>,
        client: &'a str,
        holder: &'a str,
        error_code: u32,
    },
    /// A client got a token for itself by an assertion; `issuer` says whose.
    AssertionAccepted {
        client: &'a str,
        issuer: &'a str,
        scope: &'a str,
    },
    CodeReplayed {
        client: &'a str,
        family: &'a FamilyId,
    },
    RefreshReplayed {
        person: &'a PersonId,
        client: &'a str,
        family: &'a FamilyId,
    },
    TokenRevoked {
        client: &'a str,
        family: Option<&'a FamilyId>,
    },
    NumberReleased {
        person: &'a PersonId,
        client: &'a str,
    },
    LogoutQueued {
        person: &'a PersonId,
        client: &'a str,
        session: &'a SessionId,
        sid: &'a ParticipationId,
    },
    LogoutDelivered {
        client: &'a str,
        delivery: &'a DeliveryId,
        attempts: i64,
    },
    LogoutGivenUp {
        client: &'a str,
        delivery: &'a DeliveryId,
        attempts: i64,
        reason: &'a str,
    },
    /// The person's browser says that it loaded the client's address.
    LogoutAsked {
        client: &'a str,
        delivery: &'a DeliveryId,
    },
    /// No page of the person's browser loaded the client's address.
    LogoutMissed {
        client: &'a str,
        delivery: &'a DeliveryId,
    },
    StaffSignedIn {
        staff: &'a StaffId,
    },
    StaffSignInFailed {
        staff: Option<&'a StaffId>,
        reason: &'a str,
    },
    StaffSignedOut {
        staff: &'a StaffId,
        reason: &'a str,
    },
    WindowChosen {
        staff: &'a StaffId,
        hall: &'a str,
        window: &'a str,
    },
    VisitOpened {
        visit: &'a VisitId,
        person: Option<&'a PersonId>,
        origin: &'a str,
    },
    VisitTaken {
        visit: &'a VisitId,
        hall: &'a str,
        window: &'a str,
    },
    VisitReleased {
        visit: &'a VisitId,
    },
    VisitCancelled {
        visit: &'a VisitId,
        person: Option<&'a PersonId>,
    },
    VisitExpired {
        visit: &'a VisitId,
        person: Option<&'a PersonId>,
    },
    CardRead {
        visit: &'a VisitId,
        how: &'a str,
    },
    CardRefused {
        visit: &'a VisitId,
        reason: &'a str,
    },
    /// As many tries of one identity as are allowed have failed: an alarm.
    TriesExhausted {
        visit: Option<&'a VisitId>,
        person: Option<&'a PersonId>,
    },
    /// The name on record now reads as the document at the window shows it.
    NameCorrected {
        person: &'a PersonId,
        visit: &'a VisitId,
    },
    /// A document of a person beside the one they are known by.
    DocumentLinked {
        person: &'a PersonId,
        document: &'a DocumentId,
    },
    /// Another document of the same person took the place of one; the old row stays as history. Without a visit it was
    /// declared.
    DocumentReplaced {
        person: &'a PersonId,
        visit: Option<&'a VisitId>,
        old: &'a DocumentId,
        new: &'a DocumentId,
    },
    VisitDecided {
        visit: &'a VisitId,
        person: Option<&'a PersonId>,
        outcome: &'a str,
        reason: Option<&'a str>,
        level: u8,
        receipt: Option<&'a ReceiptId>,
    },
    BindingOffered {
        visit: &'a VisitId,
    },
    BindingRefused {
        visit: &'a VisitId,
        person: Option<&'a PersonId>,
        reason: &'a str,
    },
    BindingConfirmed {
        visit: &'a VisitId,
        person: &'a PersonId,
        account: &'a AccountId,
        way: &'a str,
    },
    ContinuationIssued {
        visit: &'a VisitId,
        person: &'a PersonId,
    },
    /// A device or a client asks for somebody's answer on another device.
    DecoupledAsked {
        person: Option<&'a PersonId>,
        client: &'a str,
        kind: &'a str,
    },
    DecoupledAllowed {
        person: &'a PersonId,
        client: &'a str,
        session: &'a SessionId,
        kind: &'a str,
    },
    DecoupledRefused {
        person: &'a PersonId,
        client: &'a str,
        kind: &'a str,
        reason: &'a str,
    },
    /// A client named somebody who is not on record: many of these are a client that tries numbers out.
    PersonNotFound {
        client: &'a str,
    },
    /// A notice to a client is delivered, or given up for a reason.
    NoticeSettled {
        client: &'a str,
        notice: &'a NoticeId,
        attempts: i64,
        reason: Option<&'a str>,
    },
    Applied {
        what: &'a str,
        id: &'a str,
        change: &'a str,
    },
    KeyRotated {
        algorithm: &'a str,
        kid: &'a str,
        occasion: &'a str,
    },
    /// A client registered itself, was changed by itself or decided about by an operator.
    ClientChanged {
        client: &'a str,
        change: &'a str,
        /// What it rests on: the invitation, the publisher, the members.
        detail: &'a str,
    },
    InvitationChanged {
        invitation: &'a InvitationId,
        change: &'a str,
    },
}

/// An event taken apart into the columns of its row.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) kind: &'static str,
    pub(super) result: &'static str,
    pub(super) person: Option<&'a PersonId>,
    pub(super) client: Option<&'a str>,
    pub(super) session: Option<&'a SessionId>,
    pub(super) visit: Option<&'a VisitId>,
    pub(super) facts: Value,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }
}

impl<'a> Event<'a> {
    pub(super) fn row(&self) -> Row<'a> {
        use Outcome::{Done, Failed, Refused};
        let row = |kind: &'static str, result: Outcome| Row {
            kind,
            result: result.word(),
            facts: json!({}),
            ..Row::default()
        };
        match *self {
            Event::PersonRecorded { person, source } => Row {
                person: Some(person),
                facts: json!({ "source": source }),
                ..row("person_recorded", Done)
            },
            Event::EvidenceRecorded { person, evidence, kind, visit } => Row {
                person: Some(person),
                visit,
                facts: json!({ "evidence": evidence, "kind": kind }),
                ..row("evidence_recorded", Done)
            },
            Event::AccountCreated { person, account } => Row {
                person: Some(person),
                facts: json!({ "account": account }),
                ..row("account_created", Done)
            },
            Event::SignedIn { person, session, method } => Row {
                person: Some(person),
                session: Some(session),
                facts: json!({ "method": method }),
                ..row("signed_in", Done)
            },
            Event::SignInFailed { person, reason } => {
                Row { person, facts: json!({ "reason": reason }), ..row("sign_in_failed", Refused) }
            }
            Event::SessionEnded { person, session, reason } => Row {
                person: Some(person),
                session: Some(session),
                facts: json!({ "reason": reason }),
                ..row("session_ended", Done)
            },
            Event::ConsentGiven { person, client, scope, details, declined } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "scope": scope, "details": details, "declined": declined }),
                ..row("consent_given", Done)
            },
            Event::ConsentRefused { person, client } => {
                Row { person: Some(person), client: Some(client), ..row("consent_refused", Refused) }
            }
            Event::ConsentWithdrawn { person, client } => {
                Row { person: Some(person), client: Some(client), ..row("consent_withdrawn", Done) }
            }
            Event::TokensIssued { person, client, session, family, scope, acr } => Row {
                person: Some(person),
                client: Some(client),
                session: Some(session),
                facts: json!({ "family": family, "scope": scope, "acr": acr }),
                ..row("tokens_issued", Done)
            },
            Event::TokensRefreshed { person, client, family } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "family": family }),
                ..row("tokens_refreshed", Done)
            },
            Event::ClientTokenIssued { client, scope } => Row {
                client: Some(client),
                facts: json!({ "scope": scope }),
                ..row("client_token_issued", Done)
            },
            Event::RefreshRepeated { person, client, family } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "family": family }),
                ..row("refresh_repeated", Done)
            },
            Event::TokenExchanged { person, client, family, holder, target, scope, semantics } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "family": family, "holder": holder, "target": target, "scope": scope, "semantics": semantics }),
                ..row("token_exchanged", Done)
            },
            Event::ExchangeRefused { person, client, holder, error_code } => Row {
                person,
                client: Some(client),
                facts: json!({ "holder": holder, "error_code": error_code }),
                ..row("exchange_refused", Refused)
            },
            Event::AssertionAccepted { client, issuer, scope } => Row {
                client: Some(client),
                facts: json!({ "issuer": issuer, "scope": scope }),
                ..row("assertion_accepted", Done)
            },
            Event::CodeReplayed { client, family } => Row {
                client: Some(client),
                facts: json!({ "family": family }),
                ..row("code_replayed", Refused)
            },
            Event::RefreshReplayed { person, client, family } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "family": family }),
                ..row("refresh_replayed", Refused)
            },
            Event::TokenRevoked { client, family } => {
                Row { client: Some(client), facts: json!({ "family": family }), ..row("token_revoked", Done) }
            }
            Event::NumberReleased { person, client } => {
                Row { person: Some(person), client: Some(client), ..row("id_number_released", Done) }
            }
            Event::LogoutQueued { person, client, session, sid } => Row {
                person: Some(person),
                client: Some(client),
                session: Some(session),
                facts: json!({ "sid": sid }),
                ..row("logout_queued", Done)
            },
            Event::LogoutDelivered { client, delivery, attempts } => Row {
                client: Some(client),
                facts: json!({ "delivery": delivery, "attempts": attempts }),
                ..row("logout_delivered", Done)
            },
            Event::LogoutGivenUp { client, delivery, attempts, reason } => Row {
                client: Some(client),
                facts: json!({ "delivery": delivery, "attempts": attempts, "reason": reason }),
                ..row("logout_given_up", Failed)
            },
            Event::LogoutAsked { client, delivery } => Row {
                client: Some(client),
                facts: json!({ "delivery": delivery }),
                ..row("logout_asked", Done)
            },
            Event::LogoutMissed { client, delivery } => Row {
                client: Some(client),
                facts: json!({ "delivery": delivery }),
                ..row("logout_missed", Failed)
            },
            Event::StaffSignedIn { staff } => {
                Row { facts: json!({ "staff": staff }), ..row("staff_signed_in", Done) }
            }
            Event::StaffSignInFailed { staff, reason } => Row {
                facts: json!({ "staff": staff, "reason": reason }),
                ..row("staff_sign_in_failed", Refused)
            },
            Event::StaffSignedOut { staff, reason } => {
                Row { facts: json!({ "staff": staff, "reason": reason }), ..row("staff_signed_out", Done) }
            }
            Event::WindowChosen { staff, hall, window } => Row {
                facts: json!({ "staff": staff, "hall": hall, "window": window }),
                ..row("window_chosen", Done)
            },
            Event::VisitOpened { visit, person, origin } => Row {
                visit: Some(visit),
                person,
                facts: json!({ "origin": origin }),
                ..row("visit_opened", Done)
            },
            Event::VisitTaken { visit, hall, window } => Row {
                visit: Some(visit),
                facts: json!({ "hall": hall, "window": window }),
                ..row("visit_taken", Done)
            },
            Event::VisitReleased { visit } => Row { visit: Some(visit), ..row("visit_released", Done) },
            Event::VisitCancelled { visit, person } => {
                Row { visit: Some(visit), person, ..row("visit_cancelled", Done) }
            }
            Event::VisitExpired { visit, person } => {
                Row { visit: Some(visit), person, ..row("visit_expired", Done) }
            }
            Event::CardRead { visit, how } => {
                Row { visit: Some(visit), facts: json!({ "how": how }), ..row("card_read", Done) }
            }
            Event::CardRefused { visit, reason } => {
                Row { visit: Some(visit), facts: json!({ "reason": reason }), ..row("card_refused", Refused) }
            }
            Event::TriesExhausted { visit, person } => {
                Row { visit, person, ..row("tries_exhausted", Refused) }
            }
            Event::NameCorrected { person, visit } => {
                Row { visit: Some(visit), person: Some(person), ..row("name_corrected", Done) }
            }
            Event::DocumentLinked { person, document } => Row {
                person: Some(person),
                facts: json!({ "document": document }),
                ..row("document_linked", Done)
            },
            Event::DocumentReplaced { person, visit, old, new } => Row {
                visit,
                person: Some(person),
                facts: json!({ "document": old, "replaced_by": new }),
                ..row("document_replaced", Done)
            },
            Event::VisitDecided { visit, person, outcome, reason, level, receipt } => Row {
                visit: Some(visit),
                person,
                facts: json!({ "outcome": outcome, "reason": reason, "level": level, "receipt": receipt }),
                ..row("visit_decided", Done)
            },
            Event::BindingOffered { visit } => Row { visit: Some(visit), ..row("binding_offered", Done) },
            Event::BindingRefused { visit, person, reason } => Row {
                visit: Some(visit),
                person,
                facts: json!({ "reason": reason }),
                ..row("binding_refused", Refused)
            },
            Event::BindingConfirmed { visit, person, account, way } => Row {
                visit: Some(visit),
                person: Some(person),
                facts: json!({ "account": account, "way": way }),
                ..row("binding_confirmed", Done)
            },
            Event::ContinuationIssued { visit, person } => {
                Row { visit: Some(visit), person: Some(person), ..row("continuation_issued", Done) }
            }
            Event::DecoupledAsked { person, client, kind } => Row {
                person,
                client: Some(client),
                facts: json!({ "kind": kind }),
                ..row("decoupled_asked", Done)
            },
            Event::DecoupledAllowed { person, client, session, kind } => Row {
                person: Some(person),
                client: Some(client),
                session: Some(session),
                facts: json!({ "kind": kind }),
                ..row("decoupled_allowed", Done)
            },
            Event::DecoupledRefused { person, client, kind, reason } => Row {
                person: Some(person),
                client: Some(client),
                facts: json!({ "kind": kind, "reason": reason }),
                ..row("decoupled_refused", Refused)
            },
            Event::PersonNotFound { client } => {
                Row { client: Some(client), ..row("person_not_found", Refused) }
            }
            Event::NoticeSettled { client, notice, attempts, reason } => Row {
                client: Some(client),
                facts: json!({ "notice": notice, "attempts": attempts, "reason": reason }),
                ..row("notice_settled", if reason.is_none() { Done } else { Failed })
            },
            Event::Applied { what, id, change } => {
                Row { facts: json!({ "what": what, "id": id, "change": change }), ..row("applied", Done) }
            }
            Event::KeyRotated { algorithm, kid, occasion } => Row {
                facts: json!({ "algorithm": algorithm, "kid": kid, "occasion": occasion }),
                ..row("key_rotated", Done)
            },
            Event::ClientChanged { client, change, detail } => Row {
                client: Some(client),
                facts: json!({ "change": change, "detail": detail }),
                ..row("client_changed", Done)
            },
            Event::InvitationChanged { invitation, change } => Row {
                facts: json!({ "invitation": invitation, "change": change }),
                ..row("invitation_changed", Done)
            },
        }
    }
}
