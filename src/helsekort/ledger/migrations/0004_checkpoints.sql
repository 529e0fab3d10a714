-- Tamper evidence (docs/adr/0011-tamper-evidence.md). The order of the log is (tx, id): what was written before this has one tx.
ALTER TABLE audit ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();

-- On tx alone: rows of one transaction share an entry, so it costs less than an index on (tx, id) and reads as fast.
CREATE INDEX audit_tx ON audit (tx);

-- Where a row stands in the log is for the database to say, not for the service.
REVOKE INSERT ON audit FROM helsekort_app;
GRANT INSERT (person, id, at, action, permitted, record, detail) ON audit TO helsekort_app;

-- The signed heads, as they are written outside the database too.
CREATE TABLE audit_head (
    size bigint PRIMARY KEY CHECK (size > 0),
    line bytea NOT NULL
);
GRANT SELECT, INSERT ON audit_head TO helsekort_app;
