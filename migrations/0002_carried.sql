-- What an access token carries beside its scope, as JSON: the key it is bound to, the resources it is for, the details it
-- allows, who acts. Empty for a plain bearer token.
ALTER TABLE access_token ADD COLUMN carries TEXT;
