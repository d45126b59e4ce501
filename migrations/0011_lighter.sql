-- An event gets its seal later: until then the index need not know it.
DROP INDEX audit_event_seal;
CREATE INDEX audit_event_seal ON audit_event (seal_id) WHERE seal_id IS NOT NULL;
