-- Clients that register themselves (RFC 7591, RFC 7592), beside those that an operator declares, in one table.
-- `state`: active, pending (an operator has not said yes yet), disabled, deleted (its row waits for the sweep).
ALTER TABLE client ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE client ADD COLUMN secret_expires_at BIGINT;
-- The secret before the last rotation, which still works for a while.
ALTER TABLE client ADD COLUMN previous_secret_digest TEXT;
ALTER TABLE client ADD COLUMN previous_secret_until BIGINT;

CREATE INDEX client_state ON client (state, updated_at) WHERE state <> 'active';

-- Initial access tokens (RFC 7591 §3): who holds one may register so many clients for a department.
CREATE TABLE invitation (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    department_id TEXT NOT NULL REFERENCES department (id),
    scope TEXT NOT NULL,
    profiles TEXT NOT NULL,
    most BIGINT NOT NULL,
    used BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX invitation_expires ON invitation (expires_at);

-- Who may vouch for software by a signed statement (RFC 7591 §2.3).
CREATE TABLE software_publisher (
    issuer TEXT PRIMARY KEY,
    department_id TEXT NOT NULL REFERENCES department (id),
    jwks TEXT,
    jwks_uri TEXT,
    scope TEXT NOT NULL,
    profiles TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What is known of a client that registered itself; a declared client has no row.
-- `source`: the invitation's id or the publisher's issuer. `ceiling`: the scope that needs no further approval.
CREATE TABLE registration (
    client_id TEXT PRIMARY KEY REFERENCES client (client_id),
    admission TEXT NOT NULL,
    source TEXT,
    token_digest TEXT NOT NULL,
    ceiling TEXT NOT NULL,
    profiles TEXT NOT NULL,
    statement TEXT,
    registered_at BIGINT NOT NULL
);
