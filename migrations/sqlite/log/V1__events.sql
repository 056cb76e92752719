-- Which log this is. The epoch is raised when an operator continues the log after a loss.
CREATE TABLE log_identity (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    log_id TEXT    NOT NULL,
    epoch  INTEGER NOT NULL CHECK (epoch >= 1)
) STRICT;

-- The log. Three indexes and no more: each further one costs every append.
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY CHECK (seq >= 1),
    event_id     BLOB    NOT NULL UNIQUE CHECK (length(event_id) = 16),
    stream       TEXT    NOT NULL,
    stream_seq   INTEGER NOT NULL CHECK (stream_seq >= 1),
    recorded_at  INTEGER NOT NULL, -- microseconds since 1970, UTC
    header       BLOB    NOT NULL, -- JSON, the exact bytes that were hashed
    body         BLOB    NOT NULL, -- JSON, the exact bytes that came
    salt         BLOB    NOT NULL CHECK (length(salt) = 16),
    stream_chain BLOB    NOT NULL CHECK (length(stream_chain) = 32),
    log_chain    BLOB    NOT NULL CHECK (length(log_chain) = 32),
    UNIQUE (stream, stream_seq)
) STRICT;

CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted');
END;

-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
  OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND stream_seq = NEW.stream_seq)
BEGIN
    SELECT RAISE(ABORT, 'events are never replaced');
END;
