-- The secrets of clients that sign with them (client_secret_jwt): sealed, since a digest verifies no signature.
CREATE TABLE client_shared_secret (
    client_id TEXT PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    sealed BYTEA NOT NULL
);
