-- Her sessions in the pages. No number and no session id in the open: ids are hashed, who she is is sealed.
CREATE TABLE session (
    id_hash bytea PRIMARY KEY,
    woman_hash bytea NOT NULL,
    sealed bytea NOT NULL,
    opened timestamptz NOT NULL,
    seen timestamptz NOT NULL
);
CREATE INDEX session_woman ON session (woman_hash);
CREATE INDEX session_opened ON session (opened);

-- A login that has been started and not come back yet: what the callback must match, used once.
CREATE TABLE login_attempt (
    id_hash bytea PRIMARY KEY,
    sealed bytea NOT NULL,
    started timestamptz NOT NULL
);
CREATE INDEX login_attempt_started ON login_attempt (started);

GRANT SELECT, INSERT, UPDATE, DELETE ON session TO helsekort_app;
GRANT SELECT, INSERT, DELETE ON login_attempt TO helsekort_app;
