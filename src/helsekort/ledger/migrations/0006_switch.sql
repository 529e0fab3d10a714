-- Each turn of the switch as it was made; what is off now is told from all of them (docs/adr/0010-limits-and-switch.md).
CREATE TABLE switch (
    n      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    scope  text NOT NULL CHECK (length(scope) BETWEEN 1 AND 140),
    act    text NOT NULL CHECK (act IN ('off', 'lift')),
    by_whom text NOT NULL CHECK (length(by_whom) BETWEEN 1 AND 100),
    reason text NOT NULL CHECK (length(reason) <= 500),
    role   text NOT NULL DEFAULT session_user,
    CHECK (act = 'lift' OR reason <> '')
);

-- Append-only for everybody, and whoever turns it by hand is heard by the services too.
CREATE FUNCTION switch_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'turns of the switch are never changed or deleted';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON switch
    FOR EACH STATEMENT EXECUTE FUNCTION switch_is_append_only();
CREATE FUNCTION tell_switch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('helsekort_switch', NEW.n::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON switch FOR EACH ROW EXECUTE FUNCTION tell_switch();

-- A service reads it and never turns it.
GRANT SELECT ON switch TO helsekort_app;
