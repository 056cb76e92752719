CREATE TABLE model_version (
    version INTEGER PRIMARY KEY,
    code    INTEGER NOT NULL,
    active  INTEGER NOT NULL DEFAULT 0 CHECK (active IN (0, 1))
) STRICT;

-- At most one version is read.
CREATE UNIQUE INDEX model_version_active ON model_version (active) WHERE active = 1;

CREATE TABLE checkpoint (
    version INTEGER NOT NULL,
    part    INTEGER NOT NULL CHECK (part BETWEEN 0 AND 63),
    seq     INTEGER NOT NULL,
    rev     INTEGER NOT NULL,
    PRIMARY KEY (version, part)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER checkpoint_refuse_back BEFORE UPDATE ON checkpoint WHEN NEW.seq < OLD.seq
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint never goes back');
END;

CREATE TABLE person_state (
    version    INTEGER NOT NULL,
    stream     TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    stream_seq INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (version, stream)
) STRICT;

CREATE TABLE work_row (
    version      INTEGER NOT NULL,
    view         TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    person       TEXT    NOT NULL,
    organisation TEXT,
    zone         TEXT,
    due_from     INTEGER, -- days since 0001-01-01, which is 1
    due_to       INTEGER, -- the same, inclusive
    body         BLOB    NOT NULL,
    PRIMARY KEY (version, view, key)
) STRICT;

CREATE INDEX work_row_organisation ON work_row (version, view, organisation, key);
CREATE INDEX work_row_person ON work_row (version, person);
