-- How far each publisher's intake is read. Written in the transaction of the results.
CREATE TABLE intake_position (
    publisher TEXT    PRIMARY KEY,
    stream    TEXT    NOT NULL,
    seq       INTEGER NOT NULL CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;

-- What became of each message of an intake, numbered densely.
CREATE TABLE receipt (
    seq       INTEGER PRIMARY KEY CHECK (seq >= 1),
    publisher TEXT    NOT NULL,
    stream    TEXT    NOT NULL,
    message   INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;

-- Why nothing may be appended; empty while everything may.
CREATE TABLE log_hold (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    reason TEXT    NOT NULL,
    since  INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT;
