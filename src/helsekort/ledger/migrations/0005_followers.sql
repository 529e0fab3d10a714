-- How far each follower of the outbox or of a register's feed has come; a feed has a number and no transaction.
CREATE TABLE follower (
    follower text PRIMARY KEY,
    tx       xid8 NOT NULL,
    n        bigint NOT NULL
);

-- When a woman was last told that somebody had opened her card.
CREATE TABLE notified (
    person uuid PRIMARY KEY,
    at     timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON follower, notified TO helsekort_app;
