-- Who is told when a record of hers changes (docs/adr/0016-subscriptions.md). `sealed` holds who asked and for what, under the
-- service's key. `events` is the number of the last event, `told` of the last that was taken; `due` is when to send next.
CREATE TABLE subscription (
    person  uuid NOT NULL,
    id      uuid NOT NULL,
    at      timestamptz NOT NULL,
    sealed  bytea NOT NULL,
    status  text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'active', 'error', 'off')),
    error   text NOT NULL DEFAULT '',
    events  bigint NOT NULL DEFAULT 0,
    told    bigint NOT NULL DEFAULT 0,
    tries   integer NOT NULL DEFAULT 0,
    failing timestamptz,
    due     timestamptz,
    tx      xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot()),  -- changes before it are not told of
    PRIMARY KEY (person, id),
    CHECK (told <= events),
    CHECK (status <> 'off' OR due IS NULL)
) WITH (fillfactor = 80);
CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;

-- One row for each change told of: which record, and which row of the outbox, so that a change is one event however often it is read.
CREATE TABLE subscription_event (
    person uuid NOT NULL,
    id     uuid NOT NULL,
    number bigint NOT NULL,
    at     timestamptz NOT NULL,
    record uuid NOT NULL,
    tx     xid8 NOT NULL,
    n      bigint NOT NULL,
    PRIMARY KEY (person, id, number),
    UNIQUE (person, id, tx, n)
);

-- Withdrawal of consent ends who follows her too.
CREATE OR REPLACE FUNCTION erase_person(whose uuid) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    DELETE FROM subscription_event WHERE person = whose;
    DELETE FROM subscription WHERE person = whose;
    DELETE FROM data_key WHERE person = whose;
    DELETE FROM card WHERE person = whose;
    DELETE FROM facts WHERE person = whose;
    DELETE FROM commit WHERE person = whose;
    DELETE FROM record WHERE person = whose RETURNING record;
END;

GRANT SELECT, INSERT, UPDATE ON subscription TO helsekort_app;
GRANT SELECT, INSERT ON subscription_event TO helsekort_app;
