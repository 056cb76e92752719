CREATE TABLE model_version (
    version integer PRIMARY KEY,
    code    bigint  NOT NULL,
    active  boolean NOT NULL DEFAULT false
);

-- At most one version is read.
CREATE UNIQUE INDEX model_version_active ON model_version (active) WHERE active;

-- Room in each page, so that a moved checkpoint stays in it.
CREATE TABLE checkpoint (
    version integer  NOT NULL,
    part    smallint NOT NULL CHECK (part BETWEEN 0 AND 63),
    seq     bigint   NOT NULL,
    rev     bigint   NOT NULL,
    PRIMARY KEY (version, part)
) WITH (fillfactor = 25);

CREATE FUNCTION refuse_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a checkpoint never goes back';
END
$$;

CREATE TRIGGER checkpoint_refuse_back BEFORE UPDATE ON checkpoint
    FOR EACH ROW WHEN (NEW.seq < OLD.seq) EXECUTE FUNCTION refuse_back();

CREATE TABLE person_state (
    version    integer NOT NULL,
    stream     text    COLLATE "C" NOT NULL,
    code       bigint  NOT NULL,
    stream_seq bigint  NOT NULL,
    body       bytea   NOT NULL,
    PRIMARY KEY (version, stream)
) WITH (fillfactor = 70);

CREATE TABLE work_row (
    version      integer NOT NULL,
    view         text    COLLATE "C" NOT NULL,
    key          text    COLLATE "C" NOT NULL,
    person       text    COLLATE "C" NOT NULL,
    organisation text    COLLATE "C",
    zone         text    COLLATE "C",
    due_from     integer, -- days since 0001-01-01, which is 1: there are days that a date does not hold
    due_to       integer, -- the same, inclusive
    body         bytea   NOT NULL,
    PRIMARY KEY (version, view, key)
);

CREATE INDEX work_row_organisation ON work_row (version, view, organisation, key);
CREATE INDEX work_row_person ON work_row (version, person);

GRANT SELECT, INSERT, UPDATE, DELETE ON model_version, checkpoint, person_state, work_row TO banso_app;
