//! Clients in the database.

use super::powers::Powers;
use super::registration::{Client, ClientState, Columns, ConsentPolicy, PreviousSecret, Profile};
use crate::base::{Fault, Moment, Name, Timestamp};
use crate::protocol::ClientMetadata;
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// What is written about a client; `metadata` has passed its `check`.
pub struct NewClient<'a> {
    pub client_id: &'a str,
    pub department_id: &'a str,
    pub metadata: &'a ClientMetadata,
    pub profile: Profile,
    pub consent: ConsentPolicy,
    pub secret_digest: Option<&'a str>,
}

record! {
    struct Row {
        client_id: String,
        department_id: String,
        department_name: String,
        department_name_en: Option<String>,
        metadata: String,
        profile: String,
        consent: String,
        powers: Option<String>,
        secret_digest: Option<String>,
        secret_expires_at: Option<i64>,
        previous_secret_digest: Option<String>,
        previous_secret_until: Option<i64>,
        state: String,
        created_at: i64,
        updated_at: i64,
    }
}

pub async fn find(run: &mut impl Run, client_id: &str) -> Result<Option<Client>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT client.client_id, client.department_id, department.name AS department_name, department.name_en AS department_name_en,
                    client.metadata,
                    client.profile, client.consent, client.powers, client.secret_digest, client.secret_expires_at,
                    client.previous_secret_digest, client.previous_secret_until, client.state, client.created_at,
                    client.updated_at
             FROM client JOIN department ON department.id = client.department_id WHERE client.client_id = $1 AND client.state <> 'deleted'",
            client_id,
        ))
        .await?;
    row.map(Row::client).transpose()
}

/// The clients that citizens can enter from here (OIDC Core §4), by department: at most `limit`, after the department and
/// client last seen; two empty texts begin.
pub async fn list_enterable(
    run: &mut impl Run,
    (department, client): (&str, &str),
    limit: i64,
) -> Result<Vec<Client>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT client.client_id, client.department_id, department.name AS department_name, department.name_en AS department_name_en,
                    client.metadata,
                    client.profile, client.consent, client.powers, client.secret_digest, client.secret_expires_at,
                    client.previous_secret_digest, client.previous_secret_until, client.state, client.created_at,
                    client.updated_at
             FROM client JOIN department ON department.id = client.department_id
             WHERE client.state = 'active' AND client.metadata LIKE '%\"initiate_login_uri\":\"%'
                   AND (client.department_id > $1 OR (client.department_id = $1 AND client.client_id > $2))
             ORDER BY client.department_id, client.client_id LIMIT $3",
            department,
            client,
            limit,
        ))
        .await?;
    rows.into_iter().map(Row::client).collect()
}

/// Writes a declared client, over the one of the same id if there is one. Its department must be there already. One that
/// registered itself is the operator's from now on; one that is switched off stays so.
pub async fn upsert(tx: &mut Tx, moment: &Moment, new: &NewClient<'_>) -> Result<(), Fault> {
    let metadata = serde_json::to_string(new.metadata)
        .map_err(|error| Fault::broken("writing client metadata").because(error))?;
    tx.execute(sql!(
        "INSERT INTO client (client_id, department_id, metadata, profile, consent, secret_digest, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (client_id) DO UPDATE SET department_id = excluded.department_id, metadata = excluded.metadata,
             profile = excluded.profile, consent = excluded.consent, secret_digest = excluded.secret_digest,
             secret_expires_at = CASE WHEN COALESCE(client.secret_digest, '') = COALESCE(excluded.secret_digest, '')
                 THEN client.secret_expires_at END,
             previous_secret_digest = CASE WHEN COALESCE(client.secret_digest, '') = COALESCE(excluded.secret_digest, '')
                 THEN client.previous_secret_digest END,
             state = CASE WHEN client.state = 'disabled' THEN 'disabled' ELSE 'active' END,
             updated_at = excluded.updated_at",
        new.client_id,
        new.department_id,
        metadata,
        new.profile.as_str(),
        new.consent.as_str(),
        new.secret_digest,
        moment.now,
    ))
    .await?;
    tx.execute(sql!("DELETE FROM registration WHERE client_id = $1", new.client_id)).await.map(|_| ())
}

/// Writes what the operator lets a client do. Apart from `upsert`: what a client registers for itself never touches it.
pub async fn empower(tx: &mut Tx, moment: &Moment, client_id: &str, powers: &Powers) -> Result<(), Fault> {
    let text = serde_json::to_string(powers)
        .map_err(|error| Fault::broken("writing a client's powers").because(error))?;
    let text = (*powers != Powers::default()).then_some(text);
    tx.execute(sql!(
        "UPDATE client SET powers = $2, updated_at = $3 WHERE client_id = $1",
        client_id,
        text,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Removes deleted clients of before that nothing names any more. Every table that refers to `client` stands here; a test
/// reads the schema.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM client WHERE client_id IN (
             SELECT client_id FROM client WHERE state = 'deleted' AND updated_at < $1
               AND NOT EXISTS (SELECT 1 FROM registration WHERE registration.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM client_shared_secret WHERE client_shared_secret.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM decoupled_request WHERE decoupled_request.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM client_notice WHERE client_notice.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM participation WHERE participation.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM logout_delivery WHERE logout_delivery.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM access_token WHERE access_token.client_id = client.client_id)
             ORDER BY updated_at LIMIT $2)",
        before,
        most,
    )]
}

impl Row {
    fn client(self) -> Result<Client, Fault> {
        let broken = |what: &str| Fault::inconsistent("client", &self.client_id, what);
        let metadata =
            serde_json::from_str(&self.metadata).map_err(|error| broken("metadata").because(error))?;
        let profile = self.profile.parse().map_err(|_| broken("profile is not known"))?;
        let consent = self.consent.parse().map_err(|_| broken("consent is not known"))?;
        let state = ClientState::of(&self.state).ok_or_else(|| broken("state is not known"))?;
        let until = self.previous_secret_until.map(Timestamp::from_micros);
        let previous_secret = self.previous_secret_digest.zip(until);
        let powers = self.powers.as_deref().map(serde_json::from_str).transpose();
        let powers = powers.map_err(|error| broken("powers").because(error))?;
        Client::from_columns(Columns {
            client_id: self.client_id,
            department_id: self.department_id,
            department_name: Name::new(self.department_name, self.department_name_en),
            metadata,
            profile,
            consent,
            powers: powers.unwrap_or_default(),
            secret_digest: self.secret_digest,
            secret_expires_at: self.secret_expires_at.map(Timestamp::from_micros),
            previous_secret: previous_secret.map(|(digest, until)| PreviousSecret { digest, until }),
            state,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    /// A table that refers to clients and is not asked here would make every sweep fail.
    #[test]
    fn every_table_that_refers_to_clients_is_asked() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let asked = include_str!("store.rs");
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for table in text.split("CREATE TABLE ").skip(1) {
                let table = table.split("\n);").next().unwrap();
                if table.contains("REFERENCES client (client_id)") {
                    let name = table.split_whitespace().next().unwrap();
                    assert!(
                        asked.contains(&format!("FROM {name} WHERE {name}.client_id = client.client_id")),
                        "{name}"
                    );
                }
            }
        }
    }
}
