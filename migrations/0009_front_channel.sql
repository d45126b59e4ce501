-- What became of a logout that the person's own browser carries: `waiting` for its page, `given` to the page, `asked` (the
-- browser says the address was loaded), `missed` (no page loaded it), `unable` (the session ended where that browser was
-- not). Empty where the client has no such address.
ALTER TABLE logout_delivery ADD COLUMN front TEXT;
CREATE INDEX logout_delivery_front ON logout_delivery (created_at) WHERE front = 'waiting';
CREATE INDEX logout_delivery_of_client ON logout_delivery (client_id, next_at) WHERE state = 'pending';
CREATE INDEX staff_session_expires ON staff_session (expires_at);
