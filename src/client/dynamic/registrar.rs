//! Clients that registered themselves, in the database: written, found for their manager, replaced and deleted.

use super::admission::{Admission, Approval, Ground, NOBODYS, NOBODYS_NAME, Terms, free_scope};
use super::invitation::{self, parse_profiles, print_profiles};
use super::{limits, publisher};
use crate::audit::{self, Event};
use crate::base::id::ClientId;
use crate::base::{Fault, Moment, Name, Secret, Timestamp};
use crate::client::{Client, ClientState, Department, Profile, department, secret, shared_secret, store};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::protocol::{ClientMetadata, Refusal, Scope};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A client about to be written; its metadata has passed every check.
pub struct NewRegistration<'a> {
    pub admission: &'a Admission,
    pub terms: &'a Terms,
    pub metadata: &'a ClientMetadata,
    pub profile: Profile,
    pub statement: Option<&'a str>,
    pub ground: Ground,
}

/// What is told once.
pub struct Issued {
    pub client_id: ClientId,
    pub secret: Option<Secret>,
    /// The registration access token (RFC 7592 §3).
    pub token: Secret,
    pub state: ClientState,
}

/// A client that registered itself, with what is known of that.
#[derive(Debug, Clone)]
pub struct Kept {
    pub client: Client,
    pub admission: String,
    pub source: Option<String>,
    pub ceiling: Scope,
    pub profiles: Vec<Profile>,
    pub statement: Option<String>,
    token_digest: String,
}

/// What a client becomes (RFC 7592 §2.2).
pub struct Replacement<'a> {
    pub metadata: &'a ClientMetadata,
    pub profile: Profile,
    pub state: ClientState,
    pub statement: Option<&'a str>,
}

record! {
    struct Row {
        admission: String,
        source: Option<String>,
        token_digest: String,
        ceiling: String,
        profiles: String,
        statement: Option<String>,
    }
}

/// Says at a glance what kind of secret this is.
pub const PREFIX: &str = "tym_";

/// Registers a client; with it the invitation's count, all or nothing.
pub async fn register(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    new: &NewRegistration<'_>,
) -> Result<Result<Issued, Refusal>, Fault> {
    if let Admission::Invited(invitation) = new.admission
        && let Err(refusal) = invitation::take(tx, moment, &invitation.id).await?
    {
        return Ok(Err(refusal));
    }
    let department = new.terms.department_id.as_str();
    if let Err(refusal) = limits::check_department(tx, department, new.ground).await? {
        return Ok(Err(refusal));
    }
    if department == NOBODYS {
        make_nobodys(tx, moment).await?;
    }
    let client_id = ClientId::new(moment);
    let issued = Issued {
        secret: secret::is_needed(new.metadata).then(|| secret::generate(moment)),
        token: Secret::new(format!("{PREFIX}{}", moment.random.token(32))),
        state: new.terms.state_of(new.metadata),
        client_id,
    };
    insert(tx, moment, keys, (new, &issued)).await?;
    if let (true, Some(secret)) = (shared_secret::is_needed(new.metadata), &issued.secret) {
        shared_secret::keep(tx, (moment, keys), issued.client_id.as_str(), secret).await?;
    }
    let detail = new.admission.source().unwrap_or_default();
    let event =
        Event::ClientChanged { client: issued.client_id.as_str(), change: new.admission.word(), detail };
    audit::record(tx, moment, event).await?;
    Ok(Ok(issued))
}

/// The client for its manager, whatever its state; a declared one has none.
pub async fn find(run: &mut impl Run, client_id: &str) -> Result<Option<Kept>, Fault> {
    if !Client::is_id(client_id) {
        return Ok(None);
    }
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT admission, source, token_digest, ceiling, profiles, statement FROM registration
             WHERE client_id = $1",
            client_id,
        ))
        .await?;
    let (Some(row), Some(client)) = (row, store::find(run, client_id).await?) else { return Ok(None) };
    row.kept(client).map(Some)
}

/// Whether `token` is the one of this client. Without a client the same work is done for nothing.
pub fn holds(keys: &Keys, client_id: &str, token: &Secret, kept: Option<&Kept>) -> bool {
    let digest = kept.map(|kept| kept.token_digest.as_str()).unwrap_or_default();
    keys.mac.matches(Purpose::RegistrationToken, &parts(client_id, token), digest)
}

/// Replaces what is registered; a new secret where the client needs one and had none that is good. Whatever an operator or
/// another request did since `kept` was read goes before.
pub async fn replace(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (kept, new): (&Kept, &Replacement<'_>),
) -> Result<Result<Option<Secret>, Refusal>, Fault> {
    let client = &kept.client;
    // A secret that was only compared so far cannot be read, so that nobody could sign with it.
    let signs = shared_secret::is_needed(new.metadata) && !shared_secret::is_needed(&client.metadata);
    let fresh = secret::is_needed(new.metadata)
        && (client.secret_digest.is_none() || !client.secret_lives(moment.now) || signs);
    let fresh = fresh.then(|| secret::generate(moment));
    let digest = match &fresh {
        Some(secret) => Some(secret::digest(keys, &client.client_id, secret)),
        None => client.secret_digest.clone().filter(|_| secret::is_needed(new.metadata)),
    };
    let replaced = tx
        .execute(sql!(
            "UPDATE client SET metadata = $2, profile = $3, secret_digest = $4, state = $5, updated_at = $6,
                 secret_expires_at = CASE WHEN COALESCE(secret_digest, '') = COALESCE(CAST($4 AS TEXT), '')
                     THEN secret_expires_at END,
                 previous_secret_digest = CASE WHEN COALESCE(secret_digest, '') = COALESCE(CAST($4 AS TEXT), '')
                     THEN previous_secret_digest END
             WHERE client_id = $1 AND state = $7 AND updated_at = $8
               AND EXISTS (SELECT 1 FROM registration WHERE registration.client_id = client.client_id)",
            client.client_id.as_str(),
            print(new.metadata)?,
            new.profile.as_str(),
            digest,
            new.state.as_str(),
            later(moment, client),
            client.state.as_str(),
            client.updated_at,
        ))
        .await?;
    if replaced == 0 {
        return Ok(Err(Refusal::ServerBusy));
    }
    match &fresh {
        _ if !shared_secret::is_needed(new.metadata) => shared_secret::forget(tx, &client.client_id).await?,
        Some(secret) => shared_secret::keep(tx, (moment, keys), &client.client_id, secret).await?,
        None => {}
    }
    tx.execute(sql!(
        "UPDATE registration SET statement = $2 WHERE client_id = $1",
        client.client_id.as_str(),
        new.statement,
    ))
    .await?;
    let change = if new.state == ClientState::Pending { "replaced_pending" } else { "replaced" };
    // Of their contents the audit keeps nothing.
    let detail = client.metadata.differing(new.metadata).unwrap_or_default().join(" ");
    let event = Event::ClientChanged { client: &client.client_id, change, detail: &detail };
    audit::record(tx, moment, event).await?;
    Ok(Ok(fresh))
}

/// Deletes a client: nobody finds it any more. Its row waits for the sweep until nothing refers to it.
/// `only`: a client of another state stays. Whether there was one.
pub async fn delete(
    tx: &mut Tx,
    moment: &Moment,
    (client_id, only): (&str, Option<ClientState>),
    change: &str,
) -> Result<bool, Fault> {
    let deleted = tx
        .execute(sql!(
            "UPDATE client SET state = 'deleted', secret_digest = NULL, previous_secret_digest = NULL, metadata = '{}',
                 updated_at = $2
             WHERE client_id = $1 AND state <> 'deleted'
               AND (CAST($3 AS TEXT) IS NULL OR state = CAST($3 AS TEXT))",
            client_id,
            moment.now,
            only.map(ClientState::as_str),
        ))
        .await?;
    if deleted == 0 {
        return Ok(false);
    }
    tx.execute(sql!("DELETE FROM registration WHERE client_id = $1", client_id)).await?;
    shared_secret::forget(tx, client_id).await?;
    audit::record(tx, moment, Event::ClientChanged { client: client_id, change, detail: "" }).await?;
    Ok(true)
}

impl Kept {
    /// The terms on which it was let in, for each later change.
    pub fn terms(&self, ground: Ground) -> Terms {
        let fixed = self.statement.as_deref().and_then(publisher::claimed);
        let fixed = fixed.is_some_and(|claims| claims.contains_key("redirect_uris"));
        let approval = match self.admission.as_str() {
            "invited" => Approval::Given,
            "published" if fixed => Approval::Given,
            _ if ground == Ground::Sandbox => Approval::Given,
            _ => Approval::Needed,
        };
        Terms {
            department_id: self.client.department_id.clone(),
            ceiling: self.ceiling.clone(),
            profiles: self.profiles.clone(),
            approval,
        }
    }

    /// The state after a change: an operator's yes is for what was looked at.
    pub fn state_after(&self, ground: Ground, metadata: &ClientMetadata, profile: Profile) -> ClientState {
        let same = *metadata == self.client.metadata && profile == self.client.profile;
        if same { self.client.state } else { self.terms(ground).state_of(metadata) }
    }

    /// The scope of a replacement that names none.
    pub fn default_scope(&self) -> Scope {
        self.ceiling.intersection(&free_scope())
    }
}

async fn insert(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (new, issued): (&NewRegistration<'_>, &Issued),
) -> Result<(), Fault> {
    let client_id = issued.client_id.as_str();
    tx.execute(sql!(
        "INSERT INTO client (client_id, department_id, metadata, profile, consent, secret_digest, state, created_at,
                             updated_at)
         VALUES ($1, $2, $3, $4, 'explicit', $5, $6, $7, $7)",
        client_id,
        new.terms.department_id.as_str(),
        print(new.metadata)?,
        new.profile.as_str(),
        issued.secret.as_ref().map(|text| secret::digest(keys, client_id, text)),
        issued.state.as_str(),
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "INSERT INTO registration (client_id, admission, source, token_digest, ceiling, profiles, statement, registered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        client_id,
        new.admission.word(),
        new.admission.source(),
        keys.mac.of(Purpose::RegistrationToken, &parts(client_id, &issued.token)),
        new.terms.ceiling.to_string(),
        print_profiles(&new.terms.profiles),
        new.statement,
        moment.now,
    ))
    .await
    .map(|_| ())
}

async fn make_nobodys(tx: &mut Tx, moment: &Moment) -> Result<(), Fault> {
    if department::find(tx, NOBODYS).await?.is_some() {
        return Ok(());
    }
    let nobodys = Department {
        id: NOBODYS.to_owned(),
        parent: None,
        name: Name::new(NOBODYS_NAME.0, Some(NOBODYS_NAME.1.to_owned())),
        level: "none".to_owned(),
    };
    department::upsert(tx, moment, &nobodys).await
}

/// Two changes within a microsecond still differ, so that neither overwrites the other unseen.
fn later(moment: &Moment, client: &Client) -> Timestamp {
    let next = Timestamp::from_micros(client.updated_at.micros() + 1);
    moment.now.max(next)
}

fn print(metadata: &ClientMetadata) -> Result<String, Fault> {
    serde_json::to_string(metadata).map_err(|error| Fault::broken("writing client metadata").because(error))
}

fn parts<'a>(client_id: &'a str, token: &'a Secret) -> [&'a [u8]; 2] {
    [client_id.as_bytes(), token.expose().as_bytes()]
}

impl Row {
    fn kept(self, client: Client) -> Result<Kept, Fault> {
        let broken = |what| Fault::inconsistent("registration", &client.client_id, what);
        Ok(Kept {
            ceiling: self.ceiling.parse().map_err(|_| broken("ceiling cannot be read"))?,
            profiles: parse_profiles(&self.profiles).ok_or_else(|| broken("profiles cannot be read"))?,
            admission: self.admission,
            source: self.source,
            statement: self.statement,
            token_digest: self.token_digest,
            client,
        })
    }
}
