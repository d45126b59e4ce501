-- What the card says of itself beside its number: the office that issued it, and since when it is valid.
ALTER TABLE document ADD COLUMN issuer BYTEA;
ALTER TABLE document ADD COLUMN valid_from BIGINT;

-- The steps behind a request that was refused, for the department of its client; words and numbers, no personal data.
CREATE TABLE trace (
    txn TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    refusal BIGINT NOT NULL,
    steps TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX trace_at ON trace (at);
CREATE INDEX trace_client ON trace (client_id, at);
