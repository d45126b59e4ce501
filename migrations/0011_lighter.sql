-- An event gets its seal later: until then the index need not know it.
DROP INDEX audit_event_seal;
CREATE INDEX audit_event_seal ON audit_event (seal_id) WHERE seal_id IS NOT NULL;

-- An outbox is emptied client by client.
CREATE INDEX logout_delivery_client ON logout_delivery (client_id, next_at) WHERE state = 'pending';
CREATE INDEX client_notice_client ON client_notice (client_id, next_at) WHERE state = 'pending';
