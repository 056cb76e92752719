-- How far each publisher's intake is read. Written in the transaction of the results.
CREATE TABLE intake_position (
    publisher text   COLLATE "C" PRIMARY KEY,
    stream    text   NOT NULL,
    seq       bigint NOT NULL CHECK (seq >= 0)
) WITH (fillfactor = 50);

-- What became of each message of an intake, numbered densely.
CREATE TABLE receipt (
    seq       bigint PRIMARY KEY CHECK (seq >= 1),
    publisher text   NOT NULL,
    stream    text   NOT NULL,
    message   bigint NOT NULL,
    body      bytea  NOT NULL
);

-- Why nothing may be appended; empty while everything may.
CREATE TABLE log_hold (
    one    smallint    PRIMARY KEY CHECK (one = 1),
    reason text        NOT NULL,
    since  timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON intake_position TO banso_app;
GRANT SELECT, INSERT ON receipt TO banso_app;
-- To hold the log, not to let it go: that is the operator's decision, with the owner's rights.
GRANT SELECT, INSERT ON log_hold TO banso_app;
