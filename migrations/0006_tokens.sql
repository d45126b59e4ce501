-- The other half of what a successor is made of: a retry of the same refresh token, within a short time, gets the same
-- successor again, and neither this row nor the presented token alone can tell it.
ALTER TABLE refresh_token ADD COLUMN successor_salt TEXT;

-- The token this one was exchanged for (RFC 8693): it dies with it.
ALTER TABLE access_token ADD COLUMN parent TEXT;

CREATE INDEX access_token_parent ON access_token (parent) WHERE parent IS NOT NULL;

-- What the operator lets a client do beyond what it may register itself, as JSON: the resources it stands for, whose tokens
-- it may exchange, who else may sign for it.
ALTER TABLE client ADD COLUMN powers TEXT;
