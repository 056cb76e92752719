-- Who of several processes does what. Lost without harm, so it stands with the read models.
CREATE TABLE lease (
    "group" TEXT    NOT NULL,
    name    TEXT    NOT NULL, -- empty: the holder's membership of the group
    holder  TEXT    NOT NULL,
    until   INTEGER NOT NULL, -- microseconds since 1970, UTC
    PRIMARY KEY ("group", name, holder)
) STRICT, WITHOUT ROWID;
