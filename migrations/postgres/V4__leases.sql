-- Who of several processes does what.
CREATE TABLE lease (
    "group" text        COLLATE "C" NOT NULL,
    name    text        COLLATE "C" NOT NULL, -- empty: the holder's membership of the group
    holder  text        COLLATE "C" NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY ("group", name, holder)
);

-- A name has one holder.
CREATE UNIQUE INDEX lease_name ON lease ("group", name) WHERE name <> '';

GRANT SELECT, INSERT, DELETE ON lease TO banso_app;
