-- One text for SQLite and PostgreSQL: ids, digests and words are TEXT, times BIGINT microseconds since 1970 UTC,
-- sealed personal data BYTEA. Yes and no are 1 and 0.

CREATE TABLE installation (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Departments and their systems ---------------------------------------------------------------------------------

CREATE TABLE department (
    id TEXT PRIMARY KEY,
    parent_id TEXT REFERENCES department (id),
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE client (
    client_id TEXT PRIMARY KEY,
    department_id TEXT NOT NULL REFERENCES department (id),
    metadata TEXT NOT NULL,
    profile TEXT NOT NULL,
    consent TEXT NOT NULL,
    secret_digest TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- People, with or without an account ----------------------------------------------------------------------------

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name BYTEA NOT NULL,
    claims BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE document (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    issuing_country TEXT,
    number BYTEA NOT NULL,
    fingerprint TEXT NOT NULL,
    is_primary BIGINT NOT NULL,
    valid_until BIGINT,
    recorded_at BIGINT NOT NULL,
    replaced_at BIGINT,
    replaced_by TEXT REFERENCES document (id)
);

-- One living number, one person. A replaced number keeps its row as history.
CREATE UNIQUE INDEX document_fingerprint ON document (fingerprint) WHERE replaced_at IS NULL;
CREATE UNIQUE INDEX document_primary ON document (person_id) WHERE is_primary = 1 AND replaced_at IS NULL;
CREATE INDEX document_person ON document (person_id);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    phone BYTEA,
    phone_verified_at BIGINT,
    login_name BYTEA,
    password_hash TEXT,
    password_changed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE UNIQUE INDEX account_person ON account (person_id) WHERE closed_at IS NULL;

-- What a person may type to say which account: phone and login name, as fingerprints.
CREATE TABLE handle (
    fingerprint TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL
);

CREATE INDEX handle_account ON handle (account_id);

-- What we know a person by. `account_id` is empty while the online account is not bound to what the window proved.
CREATE TABLE evidence (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    account_id TEXT REFERENCES account (id),
    document_id TEXT REFERENCES document (id),
    visit_id TEXT,
    kind TEXT NOT NULL,
    methods TEXT NOT NULL,
    source TEXT NOT NULL,
    facts TEXT NOT NULL,
    at BIGINT NOT NULL,
    valid_until BIGINT,
    revoked_at BIGINT,
    revoke_reason TEXT
);

CREATE INDEX evidence_person ON evidence (person_id);

CREATE TABLE enterprise (
    id TEXT PRIMARY KEY,
    name BYTEA NOT NULL,
    credit_code BYTEA NOT NULL,
    fingerprint TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE delegation (
    id TEXT PRIMARY KEY,
    enterprise_id TEXT NOT NULL REFERENCES enterprise (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    matters TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    until_at BIGINT,
    confirmed_at BIGINT,
    ended_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX delegation_role ON delegation (enterprise_id, person_id, role) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX delegation_legal_representative ON delegation (enterprise_id)
    WHERE role = 'legal_representative' AND ended_at IS NULL;
CREATE INDEX delegation_person ON delegation (person_id);

-- Being signed in -----------------------------------------------------------------------------------------------

CREATE TABLE sso_session (
    id TEXT PRIMARY KEY,
    secret_digest TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES person (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    proofs TEXT NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT
);

CREATE INDEX sso_session_person ON sso_session (person_id) WHERE ended_at IS NULL;
CREATE INDEX sso_session_expires ON sso_session (expires_at);

-- Which clients saw a session; the id is the `sid` that client knows.
CREATE TABLE participation (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sso_session (id),
    client_id TEXT NOT NULL REFERENCES client (client_id),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (session_id, client_id)
);

CREATE TABLE logout_delivery (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sso_session (id),
    client_id TEXT NOT NULL REFERENCES client (client_id),
    sid TEXT NOT NULL,
    sub TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    UNIQUE (session_id, client_id)
);

CREATE INDEX logout_delivery_due ON logout_delivery (next_at) WHERE state = 'pending';

-- What a person let a client do ---------------------------------------------------------------------------------

CREATE TABLE consent (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    client_id TEXT NOT NULL REFERENCES client (client_id),
    scope TEXT NOT NULL,
    claims TEXT NOT NULL,
    declined TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT,
    withdrawn_at BIGINT,
    UNIQUE (person_id, client_id)
);

CREATE TABLE token_family (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES client (client_id),
    person_id TEXT NOT NULL REFERENCES person (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    session_id TEXT NOT NULL REFERENCES sso_session (id),
    sid TEXT NOT NULL,
    scope TEXT NOT NULL,
    facts TEXT NOT NULL,
    offline BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX token_family_person ON token_family (person_id, client_id);
CREATE INDEX token_family_session ON token_family (session_id);
CREATE INDEX token_family_expires ON token_family (expires_at);

-- Apart from the family, so that a replayed code can revoke what its first use is still about to write.
CREATE TABLE family_revocation (
    family_id TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE refresh_token (
    digest TEXT PRIMARY KEY,
    family_id TEXT NOT NULL REFERENCES token_family (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX refresh_token_expires ON refresh_token (expires_at);
CREATE INDEX refresh_token_family ON refresh_token (family_id);

-- `family_id` names no foreign key: every issue would look the family up, and every sweep of families scan this table.
CREATE TABLE access_token (
    digest TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES client (client_id),
    family_id TEXT,
    scope TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX access_token_expires ON access_token (expires_at);

-- The hall ------------------------------------------------------------------------------------------------------

CREATE TABLE hall (
    id TEXT PRIMARY KEY,
    department_id TEXT NOT NULL REFERENCES department (id),
    name TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE hall_window (
    hall_id TEXT NOT NULL REFERENCES hall (id),
    name TEXT NOT NULL,
    PRIMARY KEY (hall_id, name)
);

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name BYTEA NOT NULL,
    roles TEXT NOT NULL,
    hall_id TEXT REFERENCES hall (id),
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE staff_session (
    id TEXT PRIMARY KEY,
    secret_digest TEXT NOT NULL UNIQUE,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    window_name TEXT,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE TABLE visit (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    code_fingerprint TEXT UNIQUE,
    code BYTEA,
    person_id TEXT REFERENCES person (id),
    account_id TEXT REFERENCES account (id),
    hall_id TEXT REFERENCES hall (id),
    window_name TEXT,
    clerk_id TEXT REFERENCES staff (id),
    capture BYTEA,
    outcome TEXT,
    reason TEXT,
    evidence_id TEXT REFERENCES evidence (id),
    opened_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    started_at BIGINT,
    decided_at BIGINT,
    bound_at BIGINT,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- One open visit per identity.
CREATE UNIQUE INDEX visit_open ON visit (person_id)
    WHERE state IN ('draft', 'open', 'at_counter', 'awaiting_binding', 'referred', 'fraud_hold');
CREATE INDEX visit_hall ON visit (hall_id, updated_at);
CREATE INDEX visit_clerk ON visit (clerk_id, decided_at);
CREATE INDEX visit_person ON visit (person_id);
CREATE INDEX visit_expires ON visit (expires_at) WHERE state IN ('draft', 'open', 'at_counter', 'awaiting_binding');

CREATE TABLE binding (
    token_digest TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visit (id),
    number TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE UNIQUE INDEX binding_live ON binding (visit_id) WHERE ended_at IS NULL;
CREATE INDEX binding_expires ON binding (expires_at) WHERE ended_at IS NULL;

CREATE TABLE continuation (
    digest TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visit (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE UNIQUE INDEX continuation_live ON continuation (visit_id) WHERE ended_at IS NULL;
CREATE INDEX continuation_expires ON continuation (expires_at) WHERE ended_at IS NULL;

CREATE TABLE receipt (
    id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL UNIQUE REFERENCES visit (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    jws TEXT NOT NULL,
    issued_at BIGINT NOT NULL
);

CREATE INDEX receipt_person ON receipt (person_id);

-- A try at a window that failed; `subject` is a person's id, or a document's fingerprint.
CREATE TABLE failed_try (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    visit_id TEXT NOT NULL REFERENCES visit (id),
    reason TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX failed_try_subject ON failed_try (subject, at);
CREATE INDEX failed_try_at ON failed_try (at);

-- Audit ---------------------------------------------------------------------------------------------------------

CREATE TABLE audit_event (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    result TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    person_id TEXT,
    client_id TEXT,
    session_id TEXT,
    visit_id TEXT,
    request_id TEXT NOT NULL,
    facts TEXT NOT NULL,
    seal_id TEXT
);

CREATE INDEX audit_event_person ON audit_event (person_id, id);
CREATE INDEX audit_event_unsealed ON audit_event (id) WHERE seal_id IS NULL;
CREATE INDEX audit_event_seal ON audit_event (seal_id);

CREATE TABLE audit_seal (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    events BIGINT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL,
    mac TEXT NOT NULL,
    sealed_at BIGINT NOT NULL
);
