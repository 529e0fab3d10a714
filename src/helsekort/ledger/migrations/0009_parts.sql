-- The resources of a record, a row for each part, so that a change rewrites what it changes and a read fetches what it needs.
-- `part` is a keyed hash of the part's name in that record; the row numbered zero is the directory: the name of every part with
-- the commit it is from (docs/adr/0004-storage.md).
CREATE TABLE part (
    person uuid NOT NULL,
    record uuid NOT NULL,
    part   bigint NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (person, record, part)
) WITH (fillfactor = 85, toast_tuple_target = 8160);
ALTER TABLE part ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE OR REPLACE FUNCTION erase_person(whose uuid) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    DELETE FROM subscription_event WHERE person = whose;
    DELETE FROM subscription WHERE person = whose;
    DELETE FROM data_key WHERE person = whose;
    DELETE FROM card WHERE person = whose;
    DELETE FROM part WHERE person = whose;
    DELETE FROM commit WHERE person = whose;
    DELETE FROM record WHERE person = whose RETURNING record;
END;

-- The table facts, one value for each record, stays until the ledger has made the parts from the commits (opening.py).

GRANT SELECT, INSERT, UPDATE ON part TO helsekort_app;
