-- Requests whose answer comes from another device: of a device with a code (RFC 8628), or begun by a client (CIBA).
-- `ask` is sealed: it holds what the client said for the person to read. `code_digest` is the code a person types.
CREATE TABLE decoupled_request (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    secret_digest TEXT NOT NULL UNIQUE,
    code_digest TEXT,
    client_id TEXT NOT NULL REFERENCES client (client_id),
    person_id TEXT REFERENCES person (id),
    ask BYTEA NOT NULL,
    state TEXT NOT NULL,
    granted TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    settled_at BIGINT
);

CREATE UNIQUE INDEX decoupled_request_code ON decoupled_request (code_digest) WHERE code_digest IS NOT NULL;
CREATE INDEX decoupled_request_person ON decoupled_request (person_id, expires_at) WHERE state = 'pending';
CREATE INDEX decoupled_request_due ON decoupled_request (expires_at) WHERE state = 'pending';
CREATE INDEX decoupled_request_expires ON decoupled_request (expires_at);

-- The outbox of ping and push. `body` is sealed, and emptied once it is settled: a push holds tokens.
CREATE TABLE client_notice (
    id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES client (client_id),
    body BYTEA,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    UNIQUE (request_id)
);

CREATE INDEX client_notice_due ON client_notice (next_at) WHERE state = 'pending';
CREATE INDEX client_notice_settled ON client_notice (settled_at);

-- Messages to citizens, in the sandbox only: where a real installation sends a text message, this one keeps it to be seen.
CREATE TABLE sandbox_message (
    id TEXT PRIMARY KEY,
    message BYTEA NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX sandbox_message_at ON sandbox_message (at);
