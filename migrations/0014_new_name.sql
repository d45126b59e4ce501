-- The name on the card where it is not the one on record: it waits here, sealed, until its owner confirms the binding.
ALTER TABLE visit ADD COLUMN new_name BYTEA;
