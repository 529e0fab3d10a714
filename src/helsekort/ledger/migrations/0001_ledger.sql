-- The ledger. Every key starts with the person; no statement ever joins two persons' rows.
-- Sealed columns are AES-256-GCM under a key that the database never sees (docs/adr/0004-storage.md).

-- Proof that the keys in the key folder belong to this database; holds no key.
CREATE TABLE service_key (
    name  text PRIMARY KEY,
    proof bytea NOT NULL
);

-- zstd dictionaries that stored bytes were compressed with. Never deleted: without them the bytes cannot be read.
CREATE TABLE dictionary (
    id    integer PRIMARY KEY CHECK (id > 0),
    bytes bytea NOT NULL
);

-- From the keyed hash of a national identity number to the person.
CREATE TABLE identifier (
    nin_hash   bytea NOT NULL,
    person     uuid NOT NULL,
    nin_sealed bytea NOT NULL,
    PRIMARY KEY (nin_hash) INCLUDE (person)
);

CREATE TABLE person (
    person        uuid PRIMARY KEY,
    consented     boolean NOT NULL DEFAULT false,
    deceased      boolean NOT NULL,
    confidential  boolean NOT NULL,
    active_record uuid,
    latest_record uuid,
    last_changed  timestamptz
) WITH (fillfactor = 80);

-- A woman's data key, wrapped by the key-encryption key. Deleting the row makes all that was sealed for her unreadable.
CREATE TABLE data_key (
    person  uuid PRIMARY KEY,
    wrapped bytea NOT NULL
) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE record (
    person  uuid NOT NULL,
    record  uuid NOT NULL,
    t       integer NOT NULL CHECK (t >= 1),
    active  boolean NOT NULL,
    created timestamptz NOT NULL,
    changed timestamptz NOT NULL,
    PRIMARY KEY (person, record)
) WITH (fillfactor = 80);

-- The national contract's rule: a woman has at most one active record.
CREATE UNIQUE INDEX one_active_record ON record (person) WHERE active;

-- The head of a record in two sealed values, kept in the row up to a page's size so that a cold read touches few pages.
CREATE TABLE card (
    person uuid NOT NULL,
    record uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (person, record)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE card ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE facts (
    person uuid NOT NULL,
    record uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (person, record)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE facts ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- The truth: append-only. The heads and states above can be made again from it. `active` is the record's state after it.
CREATE TABLE commit (
    person uuid NOT NULL,
    record uuid NOT NULL,
    t      integer NOT NULL CHECK (t >= 1),
    at     timestamptz NOT NULL,
    active boolean NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (person, record, t)
) WITH (toast_tuple_target = 8160);
ALTER TABLE commit ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Each consent given and each withdrawal, with the version of the text she was shown.
CREATE TABLE consent (
    person       uuid NOT NULL,
    id           uuid NOT NULL,
    at           timestamptz NOT NULL,
    given        boolean NOT NULL,
    text_version text,
    PRIMARY KEY (person, id),
    CHECK (given = (text_version IS NOT NULL))
);

-- One row for each act at the door, refused ones too. The nil person holds acts whose number belongs to nobody.
CREATE TABLE audit (
    person    uuid NOT NULL,
    id        uuid NOT NULL,
    at        timestamptz NOT NULL,
    action    text NOT NULL,
    permitted boolean NOT NULL,
    record    uuid,
    detail    bytea NOT NULL,
    PRIMARY KEY (person, id)
);
ALTER TABLE audit ALTER COLUMN detail SET STORAGE EXTERNAL;

-- What happened, for those who tell others of it; read in the order of (tx, n), never past an open transaction.
CREATE TABLE outbox (
    tx     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    n      bigint GENERATED ALWAYS AS IDENTITY,
    person uuid NOT NULL,
    record uuid,
    t      integer,
    at     timestamptz NOT NULL,
    kind   text NOT NULL,
    PRIMARY KEY (tx, n)
);

-- Withdrawal of consent: the one way anything clinical is deleted, and only all of one person's at once.
CREATE FUNCTION erase_person(whose uuid) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    DELETE FROM data_key WHERE person = whose;
    DELETE FROM card WHERE person = whose;
    DELETE FROM facts WHERE person = whose;
    DELETE FROM commit WHERE person = whose;
    DELETE FROM record WHERE person = whose RETURNING record;
END;
REVOKE EXECUTE ON FUNCTION erase_person(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_person(uuid) TO helsekort_app;

-- The service adds and reads; what is append-only it cannot change, and it deletes nothing but through erase_person.
GRANT SELECT, INSERT ON service_key, dictionary, identifier, data_key, commit, consent, audit, outbox TO helsekort_app;
GRANT SELECT, INSERT, UPDATE ON person, record, card, facts TO helsekort_app;
GRANT UPDATE (wrapped) ON data_key TO helsekort_app;
