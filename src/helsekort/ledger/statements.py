"""Every SQL statement of the ledger's daily work, written by hand. Each starts from a person or the keyed hash of a number.

Requests that wait at the same moment go out as one statement over `unnest(...)`; `n` says which of them a row answers.
No statement joins two persons, so what one costs does not depend on how many there are.
"""

# The state of each person asked for and of the record named, and the sealed heads only where they are asked for: where the
# key, card or parts argument is NULL its index is not even entered. Of the parts, rows are asked for by their numbers. The id of
# zeros stands for her newest record (view.NEWEST).
HEADS = """
SELECT ask.n, p.person, p.consented, p.deceased, p.confidential, p.active_record, p.latest_record, p.last_changed,
       w.sealed AS wishes, r.record, r.t, r.active, r.created, r.changed, k.wrapped, c.sealed AS card,
       CASE WHEN ask.parts = '{}' THEN ARRAY(
                SELECT int8send(f.part) || f.sealed FROM part f WHERE f.person = r.person AND f.record = r.record)
            WHEN ask.parts IS NOT NULL THEN ARRAY(
                SELECT int8send(f.part) || f.sealed FROM part f
                WHERE f.person = r.person AND f.record = r.record AND f.part = ANY(ask.parts::bigint[])) END AS parts,
       CASE WHEN ask.record = '00000000-0000-0000-0000-000000000000'
            THEN ARRAY(SELECT o.record FROM record o WHERE o.person = p.person ORDER BY o.created, o.record) END AS records
FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[], $5::boolean[])
     WITH ORDINALITY AS ask (nin_hash, record, card_of, parts, key_wanted, n)
JOIN identifier i ON i.nin_hash = ask.nin_hash
JOIN person p ON p.person = i.person
LEFT JOIN wishes w ON w.person = p.person
LEFT JOIN record r ON r.person = p.person AND r.record =
    CASE ask.record WHEN '00000000-0000-0000-0000-000000000000' THEN p.latest_record ELSE ask.record END
LEFT JOIN card c ON c.person = p.person AND c.record =
    CASE ask.card_of WHEN '00000000-0000-0000-0000-000000000000' THEN p.latest_record ELSE ask.card_of END
LEFT JOIN data_key k ON k.person = CASE WHEN ask.key_wanted THEN p.person END
"""

# The sealed numbers of the woman a record or a person's id names.
PATIENTS = """
SELECT ask.n, i.person, i.nin_sealed
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (record, person, n)
LEFT JOIN record r ON r.record = ask.record
JOIN identifier i ON i.person = coalesce(ask.person, r.person)
"""

# Every record of a person, oldest first, with its sealed card.
RECORDS = """
SELECT ask.n, r.record, r.t, r.active, r.created, r.changed, c.sealed AS card
FROM unnest($1::uuid[]) WITH ORDINALITY AS ask (person, n)
JOIN record r ON r.person = ask.person
JOIN card c ON c.person = r.person AND c.record = r.record
ORDER BY ask.n, r.created, r.record
"""

COMMITS = """
SELECT ask.n, m.t, m.at, m.active, m.sealed
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (person, record, n)
JOIN commit m ON m.person = ask.person AND m.record = ask.record
ORDER BY ask.n, m.t
"""

LOG_ROWS = 500

# The newest rows of a person's access log, newest first.
LOG = f"""
SELECT ask.n, a.id, a.at, a.action, a.permitted, a.record, a.detail
FROM unnest($1::uuid[]) WITH ORDINALITY AS ask (person, n)
CROSS JOIN LATERAL (
    SELECT * FROM audit WHERE audit.person = ask.person ORDER BY audit.person DESC, audit.id DESC LIMIT {LOG_ROWS}
) AS a
"""  # noqa: S608 - a number of ours

AUDIT = """
INSERT INTO audit (person, id, at, action, permitted, record, detail)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::boolean[], $6::uuid[], $7::bytea[])
"""

# Those who were found to be the same person: their logs are hers too.
OTHERS = """
SELECT ask.n, link.other FROM unnest($1::uuid[]) WITH ORDINALITY AS ask (person, n)
CROSS JOIN LATERAL (SELECT other FROM person_link WHERE person_link.person = ask.person LIMIT 100) AS link
"""

# What follows from audit rows, stored with them: an organisation's queue, and notices to her.
REVIEW = """
INSERT INTO review (organisation, id, person, at, kind)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[])
"""
TELL_HER = """
INSERT INTO outbox (person, record, at, kind) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[])
"""

# One writer at a time for each person, across all processes; in the order of the persons, so that two groups cannot wait for
# each other. It is its own statement, so that the one after it sees what the writer before has committed.
LOCK = """
SELECT p.person FROM person p
WHERE p.person IN (SELECT i.person FROM unnest($1::bytea[]) AS ask (nin_hash) JOIN identifier i USING (nin_hash))
ORDER BY p.person FOR UPDATE
"""

# A group of commits with their heads, states, outbox and audit rows. A new record and a change of one differ only in t.
# `last_changed` always grows, by at least the contract's millisecond: a system that polls never misses a change.
APPEND = """
WITH change AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::boolean[],
                         $6::bytea[], $7::bytea[], $8::text[])
        AS change (person, record, t, at, active, sealed, card, kind)
), committed AS (
    INSERT INTO commit (person, record, t, at, active, sealed) SELECT person, record, t, at, active, sealed FROM change
), stated AS (
    INSERT INTO record (person, record, t, active, created, changed)
    SELECT person, record, t, active, at, at FROM change
    ON CONFLICT (person, record) DO UPDATE SET t = excluded.t, active = excluded.active, changed = excluded.changed
), shown AS (
    INSERT INTO card (person, record, sealed) SELECT person, record, card FROM change
    ON CONFLICT (person, record) DO UPDATE SET sealed = excluded.sealed
), known AS (
    INSERT INTO part (person, record, part, sealed) SELECT * FROM unnest($9::uuid[], $10::uuid[], $11::bigint[], $12::bytea[])
    ON CONFLICT (person, record, part) DO UPDATE SET sealed = excluded.sealed
), pointed AS (
    UPDATE person SET
        active_record = CASE WHEN change.active THEN change.record
                             WHEN person.active_record = change.record THEN NULL
                             ELSE person.active_record END,
        latest_record = CASE WHEN change.t = 1 THEN change.record ELSE person.latest_record END,
        last_changed = greatest(change.at, person.last_changed + interval '1 millisecond')
    FROM change WHERE person.person = change.person
), told AS (
    INSERT INTO outbox (person, record, t, at, kind) SELECT person, record, t, at, kind FROM change
)
INSERT INTO audit (person, id, at, action, permitted, record, detail)
SELECT * FROM unnest($13::uuid[], $14::uuid[], $15::timestamptz[], $16::text[], $17::boolean[], $18::uuid[], $19::bytea[])
"""

# First contact; where two meet her at once the second adds nothing.
ADD_PERSON = """
WITH met AS (
    INSERT INTO identifier (nin_hash, person, nin_sealed) VALUES ($1, $2, $3)
    ON CONFLICT (nin_hash) DO NOTHING RETURNING person
)
INSERT INTO person (person, deceased, confidential) SELECT person, $4, $5 FROM met
"""

# Another number of a person who is known; nothing where it is somebody's already.
ADD_NUMBER = """
INSERT INTO identifier (nin_hash, person, nin_sealed) VALUES ($1, $2, $3) ON CONFLICT (nin_hash) DO NOTHING
RETURNING person
"""
NUMBERS_OF = "SELECT nin_hash, nin_sealed FROM identifier WHERE person = $1"
PERSONS_OF = """
SELECT ask.n, i.person FROM unnest($1::bytea[]) WITH ORDINALITY AS ask (nin_hash, n) JOIN identifier i USING (nin_hash)
"""
MERGE = "SELECT merge_person($1, $2, $3::bytea[], $4::bytea[], $5)"
PROTECT = "UPDATE person SET confidential = true WHERE person = $1"
TELL_MERGED = "INSERT INTO outbox (person, at, kind) VALUES ($1, $2, 'merged')"

UPDATE_PERSON = """
UPDATE person SET deceased = $2, confidential = $3
FROM identifier i WHERE i.nin_hash = $1 AND person.person = i.person
RETURNING person.person
"""

SET_WISHES = """
INSERT INTO wishes (person, sealed) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed
"""
ADD_WISH = "INSERT INTO wish (person, id, at, sealed) VALUES ($1, $2, $3, $4)"

LOG_ROW = """
SELECT a.* FROM unnest($1::uuid[]) AS ask (person)
CROSS JOIN LATERAL (SELECT * FROM audit WHERE audit.person = ask.person AND audit.id = $2 LIMIT 1) AS a
"""
ADD_REPORT = """
INSERT INTO report (organisation, id, person, at, audit, sealed) VALUES ($1, $2, $3, $4, $5, $6)
"""
REPORTS = """
SELECT r.id AS report, r.at AS reported, r.state, r.sealed, r.answered, r.answer,
       a.id, a.at, a.action, a.permitted, a.record, a.detail
FROM report r JOIN audit a ON a.person = r.person AND a.id = r.audit
WHERE r.organisation = $1 ORDER BY r.organisation DESC, r.id DESC LIMIT $2
"""
ANSWER_REPORT = """
UPDATE report SET state = 'answered', answered = $3, answer = $4 WHERE organisation = $1 AND id = $2 AND state = 'new'
RETURNING id
"""
REVIEWS = """
SELECT r.kind, a.id, a.at, a.action, a.permitted, a.record, a.detail
FROM review r JOIN audit a ON a.person = r.person AND a.id = r.id
WHERE r.organisation = $1 ORDER BY r.organisation DESC, r.id DESC LIMIT $2
"""
SET_CONSENT = "UPDATE person SET consented = true WHERE person = $1"
NEW_KEY = "INSERT INTO data_key (person, wrapped) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING"
CONSENT = "INSERT INTO consent (person, id, at, given, text_version) VALUES ($1, $2, $3, $4, $5)"

ERASE = "SELECT erase_person($1)"
FORGET = """
UPDATE person SET consented = false, active_record = NULL, latest_record = NULL, last_changed = NULL WHERE person = $1
"""
TELL_ERASED = """
INSERT INTO outbox (person, record, at, kind) SELECT $1, record, $3, $4 FROM unnest($2::uuid[]) AS erased (record)
"""

# What has happened since a position, never past a transaction that is still open: nothing is skipped.
OUTBOX = """
SELECT tx::text::bigint AS tx, n, person, record, t, at, kind FROM outbox
WHERE (tx, n) > ($1::bigint::text::xid8, $2::bigint) AND tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY outbox.tx, outbox.n LIMIT $3
"""

# Those who follow a feed or the outbox, and the notices they have sent.
PLACE = "SELECT tx::text::bigint AS tx, n FROM follower WHERE follower = $1"
KEEP_PLACE = """
INSERT INTO follower (follower, tx, n) VALUES ($1, $2::bigint::text::xid8, $3)
ON CONFLICT (follower) DO UPDATE SET tx = excluded.tx, n = excluded.n
"""
NUMBERS_TO_NOTIFY = """
SELECT i.nin_sealed FROM person p
JOIN identifier i ON i.person = p.person
LEFT JOIN notified n ON n.person = p.person
WHERE p.person = $1 AND p.consented AND NOT p.deceased AND (n.at IS NULL OR n.at <= $2)
"""
NOTE_NOTIFIED = """
INSERT INTO notified (person, at) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET at = excluded.at
"""

# Who is told when a record of hers changes, and of what.
ADD_SUBSCRIPTION = "INSERT INTO subscription (person, id, at, sealed, due) VALUES ($1, $2, $3, $4, $3)"
SUBSCRIPTION = "SELECT * FROM subscription WHERE person = $1 AND id = $2"
SUBSCRIPTIONS_OF = "SELECT * FROM subscription WHERE person = $1 ORDER BY status = 'off', id LIMIT $2"
ADD_EVENT = """
WITH event AS (
    UPDATE subscription s SET events = s.events + 1, due = COALESCE(s.due, $4)
    WHERE s.person = $1 AND s.status <> 'off' AND s.tx <= $2::bigint::text::xid8 AND NOT EXISTS (
        SELECT FROM subscription_event e
        WHERE e.person = s.person AND e.id = s.id AND e.tx = $2::bigint::text::xid8 AND e.n = $3)
    RETURNING s.person, s.id, s.events
)
INSERT INTO subscription_event (person, id, number, at, record, tx, n)
SELECT person, id, events, $4, $5, $2::bigint::text::xid8, $3 FROM event
"""
DUE = "SELECT person, id FROM subscription WHERE due <= $1 ORDER BY subscription.due LIMIT $2"
EVENTS = """
SELECT number, at, record FROM subscription_event e
WHERE e.person = $1 AND e.id = $2 AND e.number BETWEEN $3 AND $4 ORDER BY e.person, e.id, e.number LIMIT $5
"""
TOLD = """
UPDATE subscription SET told = $3, status = 'active', error = '', tries = 0, failing = NULL,
       due = CASE WHEN events > $3 THEN now() ELSE $4::timestamptz END
WHERE person = $1 AND id = $2 AND status <> 'off'
"""
FAILED = """
UPDATE subscription SET status = CASE status WHEN 'active' THEN 'error' ELSE status END, error = $5, tries = tries + 1,
       failing = COALESCE(failing, $3), due = $4
WHERE person = $1 AND id = $2 AND status <> 'off'
"""
END_SUBSCRIPTION = (
    "UPDATE subscription SET status = 'off', error = $3, due = NULL WHERE person = $1 AND id = $2"
)
