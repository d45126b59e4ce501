-- What ends with a client is found by the client, and the note of a revocation goes by its time.
CREATE INDEX consent_client ON consent (client_id);
CREATE INDEX participation_client ON participation (client_id);
CREATE INDEX logout_delivery_any ON logout_delivery (client_id);
CREATE INDEX token_family_client ON token_family (client_id);
CREATE INDEX access_token_client ON access_token (client_id);
CREATE INDEX decoupled_request_client ON decoupled_request (client_id);
CREATE INDEX client_notice_any ON client_notice (client_id);
CREATE INDEX family_revocation_at ON family_revocation (at);

-- The same as logout_delivery_client.
DROP INDEX logout_delivery_of_client;
