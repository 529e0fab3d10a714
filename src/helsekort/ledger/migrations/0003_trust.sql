-- What she has decided, as it stands: sealed under the service's key, since a block outlives a withdrawal.
CREATE TABLE wishes (
    person uuid PRIMARY KEY,
    sealed bytea NOT NULL
) WITH (fillfactor = 80);

-- Each decision of hers as she made it. Append-only.
CREATE TABLE wish (
    person uuid NOT NULL,
    id     uuid NOT NULL,
    at     timestamptz NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (person, id)
);

-- An organisation's queue of emergencies and lifted blocks, written with the audit row it points at.
CREATE TABLE review (
    organisation text NOT NULL,
    id           uuid NOT NULL,  -- of the audit row
    person       uuid NOT NULL,
    at           timestamptz NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('emergency', 'lifted-block')),
    PRIMARY KEY (organisation, id)
);

-- What a woman has reported about a line of her log, for the organisation behind the line; empty where there is none.
CREATE TABLE report (
    organisation text NOT NULL,
    id           uuid NOT NULL,
    person       uuid NOT NULL,  -- whose log the line is in
    at           timestamptz NOT NULL,
    audit        uuid NOT NULL,
    sealed       bytea NOT NULL,  -- her words, under the service's key
    state        text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'answered')),
    answered     timestamptz,
    answer       bytea,  -- the organisation's words, under the service's key
    PRIMARY KEY (organisation, id),
    CHECK ((state = 'answered') = (answered IS NOT NULL AND answer IS NOT NULL))
);

-- Persons whom the register has found to be one: `other` was merged into `person`. Its records stay under it, unread.
CREATE TABLE person_link (
    person uuid NOT NULL,
    other  uuid NOT NULL,
    kind   text NOT NULL CHECK (kind = 'merged'),
    at     timestamptz NOT NULL,
    PRIMARY KEY (person, other)
);

-- The one way a number comes to mean another person: every number of the one, resealed for the other, in one transaction.
CREATE FUNCTION merge_person(gone uuid, stays uuid, hashes bytea[], numbers bytea[], moment timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE identifier SET person = stays, nin_sealed = moved.number
    FROM unnest(hashes, numbers) AS moved (hash, number)
    WHERE identifier.nin_hash = moved.hash AND identifier.person = gone;
    INSERT INTO person_link (person, other, kind, at)
    SELECT stays, link.other, link.kind, link.at FROM person_link link WHERE link.person = gone;
    INSERT INTO person_link (person, other, kind, at) VALUES (stays, gone, 'merged', moment);
END;
REVOKE EXECUTE ON FUNCTION merge_person(uuid, uuid, bytea[], bytea[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION merge_person(uuid, uuid, bytea[], bytea[], timestamptz) TO helsekort_app;
CREATE INDEX identifier_person ON identifier (person);

GRANT SELECT, INSERT, UPDATE ON wishes TO helsekort_app;
GRANT SELECT, INSERT ON wish, review, report TO helsekort_app;
GRANT UPDATE (state, answered, answer) ON report TO helsekort_app;
GRANT SELECT ON person_link TO helsekort_app;
