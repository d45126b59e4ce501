-- What a person let a client do in detail (RFC 9396), as a JSON array; empty when nothing was.
ALTER TABLE consent ADD COLUMN details TEXT NOT NULL DEFAULT '';
