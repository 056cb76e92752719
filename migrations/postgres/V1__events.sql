-- Which log this is. The epoch is raised when an operator continues the log after a loss.
CREATE TABLE log_identity (
    one    smallint PRIMARY KEY CHECK (one = 1),
    log_id text     NOT NULL,
    epoch  integer  NOT NULL CHECK (epoch >= 1)
);

-- The log. Three indexes and no more: each further one costs every append. `bytea`, because what was hashed
-- must come back byte for byte.
CREATE TABLE events (
    seq          bigint      PRIMARY KEY CHECK (seq >= 1),
    event_id     uuid        NOT NULL UNIQUE,
    stream       text        COLLATE "C" NOT NULL,
    stream_seq   bigint      NOT NULL CHECK (stream_seq >= 1),
    recorded_at  timestamptz NOT NULL,
    header       bytea       NOT NULL, -- JSON, the exact bytes that were hashed
    body         bytea       NOT NULL, -- JSON, the exact bytes that came
    salt         bytea       NOT NULL CHECK (length(salt) = 16),
    stream_chain bytea       NOT NULL CHECK (length(stream_chain) = 32),
    log_chain    bytea       NOT NULL CHECK (length(log_chain) = 32),
    UNIQUE (stream, stream_seq)
);

-- Salt and chains are random: nothing is gained by trying to compress them.
ALTER TABLE events
    ALTER COLUMN salt SET STORAGE PLAIN,
    ALTER COLUMN stream_chain SET STORAGE PLAIN,
    ALTER COLUMN log_chain SET STORAGE PLAIN;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed, deleted or replaced';
END
$$;

CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Also in a session that replays another server's changes.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_refuse_change;

GRANT SELECT ON log_identity TO banso_app;
GRANT SELECT, INSERT ON events TO banso_app;
