-- What the service looks for by itself, every minute or oftener, must not cost more as the tables grow.
CREATE INDEX sso_session_ended ON sso_session (ended_at) WHERE ended_at IS NOT NULL;

-- With every state that can expire: without `referred` the sweep could not use it.
DROP INDEX visit_expires;
CREATE INDEX visit_expires ON visit (expires_at)
    WHERE state IN ('draft', 'open', 'at_counter', 'awaiting_binding', 'referred');

-- The offers of one visit, over or not.
CREATE INDEX binding_visit ON binding (visit_id);
