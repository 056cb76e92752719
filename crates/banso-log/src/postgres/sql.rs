//! Every statement of the PostgreSQL adapter. A test prepares each of them on a migrated store.

use crate::database::statements;

pub(super) mod log {
    use super::statements;

    /// A page of events: `$selected` of those that `$where` names, in `$order`, at most `$limit`, and none
    /// behind the one that brings the bodies to `$bytes`. The server counts, so that it never sends more than
    /// a page of large bodies.
    macro_rules! page {
        ($selected:literal, $where:literal, $order:literal, $limit:literal, $bytes:literal) => {
            concat!(
                "SELECT ",
                $selected,
                " FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY ",
                $order,
                " ROWS UNBOUNDED PRECEDING) - octet_length(body) AS bytes_before FROM events WHERE ",
                $where,
                " ORDER BY ",
                $order,
                " LIMIT ",
                $limit,
                ") AS page WHERE bytes_before < ",
                $bytes,
                " ORDER BY ",
                $order,
            )
        };
    }

    statements! { crate::postgres:
        IDENTITY = "SELECT log_id, epoch FROM log_identity";
        HEAD = "SELECT seq FROM events ORDER BY seq DESC LIMIT 1";
        READ = page!("seq, header, body", "seq > $1", "seq", "$2", "$3");
        READ_BACK = page!("seq, header, body", "seq < $1", "seq DESC", "$2", "$3");
        READ_STREAM = page!("seq, header, body, stream_seq", "stream = $1 AND stream_seq > $2 AND seq <= $3",
            "stream_seq", "$4", "$5");
        /// The same for a small page, without counting. Counting copies each row once more.
        READ_STREAM_SMALL = "SELECT seq, header, body, stream_seq FROM events
            WHERE stream = $1 AND stream_seq > $2 AND seq <= $3 ORDER BY stream_seq LIMIT $4";
        /// The stretches are numbered: by that number they are read, and none of them beyond a page.
        READ_STRETCHES = "SELECT seq, header, body, stream_seq FROM (
                SELECT asked.place, e.*, sum(octet_length(e.body)) OVER (ORDER BY asked.place, e.stream_seq
                    ROWS UNBOUNDED PRECEDING) - octet_length(e.body) AS bytes_before
                FROM unnest($1::text[], $2::bigint[], $3::bigint[])
                    WITH ORDINALITY AS asked (stream, after, up_to, place)
                CROSS JOIN LATERAL (SELECT seq, header, body, stream_seq FROM events AS of
                    WHERE of.stream = asked.stream AND of.stream_seq > asked.after
                    AND of.stream_seq <= asked.up_to ORDER BY of.stream_seq LIMIT $4) AS e
                ORDER BY asked.place, e.stream_seq LIMIT $4) AS page
            WHERE bytes_before < $5 ORDER BY place, stream_seq";
        READ_SEALED = page!("seq, header, body, event_id, stream, stream_seq, recorded_at, salt, stream_chain,
            log_chain", "seq > $1", "seq", "$2", "$3");
        /// What the log is at a position.
        PLACE = "SELECT log_id, epoch, (SELECT log_chain FROM events WHERE seq = $1) FROM log_identity";
        /// Only those that are there, each with the place of its id in the question, from 1.
        FIND = "SELECT e.seq, e.header, e.body, asked.place
            FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (event_id, place)
            JOIN events AS e ON e.event_id = asked.event_id";
        /// Binary search: `seq` is dense and `recorded_at` never decreases with it, so this needs no index on
        /// times. Everything up to `low` was recorded by then, nothing from `high` on.
        SEQ_AT = "WITH RECURSIVE search (low, high) AS (
                SELECT 0::bigint, coalesce((SELECT max(seq) FROM events), 0) + 1
            UNION ALL
                SELECT CASE WHEN e.recorded_at <= $1 THEN e.seq ELSE low END,
                    CASE WHEN e.recorded_at <= $1 THEN high ELSE e.seq END
                FROM search JOIN events AS e ON e.seq = low + (high - low) / 2
                WHERE high - low > 1)
            SELECT low, high FROM search ORDER BY high - low LIMIT 1";
        RECEIPT_HEAD = "SELECT coalesce(max(seq), 0) FROM receipt";
        RECEIPTS = "SELECT seq, publisher, stream, message, body FROM receipt
            WHERE seq > $1 ORDER BY seq LIMIT $2";
        /// In the order of the publishers; NULL where an intake was never read.
        INTAKE_POSITIONS = "SELECT p.stream, p.seq
            FROM unnest($1::text[]) WITH ORDINALITY AS asked (publisher, place)
            LEFT JOIN intake_position AS p ON p.publisher = asked.publisher ORDER BY asked.place";
        HELD = "SELECT reason FROM log_hold";
        HOLD = "INSERT INTO log_hold (one, reason, since) VALUES (1, $1, clock_timestamp())
            ON CONFLICT DO NOTHING";
        LET_GO = "DELETE FROM log_hold";
        NEXT_EPOCH = "UPDATE log_identity SET epoch = epoch + 1";
    }
}

pub(super) mod append {
    use super::statements;

    macro_rules! rows {
        () => {
            "(seq, event_id, stream, stream_seq, recorded_at, header, body, salt, stream_chain, log_chain)"
        };
    }
    macro_rules! unnest {
        () => {
            "unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::bytea[],
            $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[]) AS added"
        };
    }
    macro_rules! may {
        () => {
            "(SELECT pg_try_advisory_xact_lock_shared($13) AND NOT EXISTS (SELECT FROM log_hold)
            AND ($11::bigint = 0 OR EXISTS (SELECT FROM events WHERE seq = $11 AND log_chain = $12)))"
        };
    }

    statements! { crate::postgres:
        /// Alone on the log, until the end of the transaction.
        LOCK = "SELECT pg_advisory_xact_lock($1)";
        /// One row, also of an empty log.
        HEAD = "SELECT clock_timestamp(), head.seq, head.recorded_at, head.log_chain,
                (SELECT reason FROM log_hold)
            FROM (SELECT) AS one LEFT JOIN
            (SELECT seq, recorded_at, log_chain FROM events ORDER BY seq DESC LIMIT 1) AS head ON true";
        CLOCK = "SELECT clock_timestamp()";
        STREAM_HEADS = "SELECT head.stream_seq, head.stream_chain
            FROM unnest($1::text[]) WITH ORDINALITY AS asked (stream, place)
            LEFT JOIN LATERAL (SELECT stream_seq, stream_chain FROM events AS e
                WHERE e.stream = asked.stream AND e.seq <= $2
                ORDER BY stream_seq DESC LIMIT 1) AS head ON true
            ORDER BY asked.place";
        INSERT = concat!("INSERT INTO events ", rows!(), " SELECT added.* FROM ", unnest!());
        /// Nothing where somebody is alone on the log, holds it, or it does not stand behind event $11 with
        /// chain $12. Asked once for all rows; the lock is kept to the end of the statement, so that who wants
        /// to be alone waits for it. The primary key refuses what others appended in the meantime.
        INSERT_BEHIND =
            concat!("INSERT INTO events ", rows!(), " SELECT added.* FROM ", unnest!(), " WHERE ", may!());
        /// The same for a single row, which most batches of a quiet hour are: unpacking ten arrays costs more
        /// than storing what is in them.
        INSERT_ONE_BEHIND = concat!(
            "INSERT INTO events ", rows!(), " SELECT $1::bigint, $2::uuid, $3::text, $4::bigint,
            $5::timestamptz, $6::bytea, $7::bytea, $8::bytea, $9::bytea, $10::bytea WHERE ", may!()
        );
        PUT_INTAKE_POSITIONS = "INSERT INTO intake_position (publisher, stream, seq)
            SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
            ON CONFLICT (publisher) DO UPDATE SET stream = excluded.stream, seq = excluded.seq";
        /// Under the lock, so that the numbers are dense.
        INSERT_RECEIPTS = "INSERT INTO receipt (seq, publisher, stream, message, body)
            SELECT (SELECT coalesce(max(seq), 0) FROM receipt) + place, publisher, stream, message, body
            FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
                WITH ORDINALITY AS added (publisher, stream, message, body, place)";
        BACKEND = "SELECT pg_backend_pid(), backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";
        /// No row where the session has ended; false where it did not end in time.
        END_SESSION = "SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity
            WHERE pid = $1 AND backend_start = $2";
    }
}

pub(super) mod views {
    use super::statements;

    statements! { crate::postgres:
        VERSIONS = "SELECT version, code, active FROM model_version ORDER BY version";
        /// Waits for others who create one, so that two never take the same number.
        LOCK_VERSIONS = "LOCK TABLE model_version IN SHARE ROW EXCLUSIVE MODE";
        CREATE_VERSION = "WITH created AS (
                INSERT INTO model_version (version, code)
                SELECT coalesce(max(version), 0) + 1, $1 FROM model_version RETURNING version),
            parts AS (
                INSERT INTO checkpoint (version, part, seq, rev)
                SELECT version, part, 0, 0 FROM created, generate_series(0, $2::integer - 1) AS part)
            SELECT version FROM created";
        DEACTIVATE = "UPDATE model_version SET active = false WHERE active";
        ACTIVATE = "UPDATE model_version SET active = true WHERE version = $1";
        /// Keeps a version from being dropped while something is written to it.
        KEEP_VERSION = "SELECT version FROM model_version WHERE version = $1 FOR SHARE";
        DROP_VERSION = "DELETE FROM model_version WHERE version = $1 AND NOT active";
        IS_VERSION = "SELECT active FROM model_version WHERE version = $1";
        DROP_CHECKPOINTS = "DELETE FROM checkpoint WHERE version = $1";
        DROP_STATES = "DELETE FROM person_state WHERE version = $1";
        DROP_ROWS = "DELETE FROM work_row WHERE version = $1";
        CHECKPOINTS = "SELECT seq, rev FROM checkpoint WHERE version = $1 ORDER BY part";
        /// In the order of the parts: two projectors never wait for one another.
        LOCK_PARTS = "SELECT part FROM checkpoint WHERE version = $1 AND part = ANY ($2::smallint[])
            ORDER BY part FOR UPDATE";
        MOVE = "UPDATE checkpoint AS c SET seq = m.to_seq, rev = c.rev + 1
            FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS m (part, seq, rev, to_seq)
            WHERE c.version = $1 AND c.part = m.part AND c.seq = m.seq AND c.rev = m.rev";
        DELETE_ROWS_OF = "DELETE FROM work_row WHERE version = $1 AND person = ANY ($2::text[])";
        PUT_ROWS = "INSERT INTO work_row
            (version, view, key, person, organisation, zone, due_from, due_to, body)
            SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[],
                $8::integer[], $9::bytea[])";
        PUT_STATES = "INSERT INTO person_state (version, stream, code, stream_seq, body)
            SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bytea[])
            ON CONFLICT (version, stream)
            DO UPDATE SET code = excluded.code, stream_seq = excluded.stream_seq, body = excluded.body";
        STATES_OF = "SELECT s.code, s.stream_seq, s.body
            FROM unnest($2::text[]) WITH ORDINALITY AS asked (stream, place)
            LEFT JOIN person_state AS s ON s.version = $1 AND s.stream = asked.stream ORDER BY asked.place";
        STATES_FROM = "SELECT code, stream_seq, body, stream FROM person_state
            WHERE version = $1 AND stream > $2 ORDER BY stream LIMIT $3";
        /// In one statement, so that all of it is of one moment. A row with the head and the state (0), then rows
        /// of the stream from the last event in that state on (1), and of the registry (2).
        NOW = "WITH stored AS MATERIALIZED (SELECT code, stream_seq, body FROM person_state
                WHERE version = (SELECT version FROM model_version WHERE active) AND stream = $1)
            (SELECT head.seq, NULL::bytea, stored.body, stored.stream_seq, stored.code, 0 AS place
                FROM (SELECT) AS one
                LEFT JOIN (SELECT seq FROM events ORDER BY seq DESC LIMIT 1) AS head ON true
                LEFT JOIN stored ON true)
            UNION ALL (SELECT seq, header, body, stream_seq, NULL, 1 FROM events
                WHERE stream = $1 AND stream_seq >= coalesce((SELECT stream_seq FROM stored), 1)
                ORDER BY stream_seq LIMIT $3)
            UNION ALL (SELECT seq, header, body, stream_seq, NULL, 2 FROM events
                WHERE stream = 'registry' AND stream_seq > $2 ORDER BY stream_seq LIMIT $3)
            ORDER BY place, stream_seq";
        /// Without an organisation: the order of the primary key is that of the answer.
        ROWS = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = (SELECT version FROM model_version WHERE active) AND view = $1 AND key > $2
            AND ($3::integer IS NULL
                OR ((due_from IS NULL OR due_from <= $3) AND (due_to IS NULL OR due_to >= $3)))
            ORDER BY key LIMIT $4";
        /// For one organisation, by its index.
        ROWS_FOR = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = (SELECT version FROM model_version WHERE active) AND view = $1 AND key > $2
            AND organisation = $5
            AND ($3::integer IS NULL
                OR ((due_from IS NULL OR due_from <= $3) AND (due_to IS NULL OR due_to >= $3)))
            ORDER BY key LIMIT $4";
        ROWS_OF = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = $1 AND person = $2 ORDER BY view, key";
        /// One renewal of a group at a time: who asks what is free must see what others have just taken.
        LOCK_LEASES = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' leases ' || $1, 0))";
        DROP_LEASES = "DELETE FROM lease
            WHERE \"group\" = $1 AND (holder = $2 OR until <= clock_timestamp())";
        TAKE_LEASES = "INSERT INTO lease (\"group\", name, holder, until)
            SELECT DISTINCT $1, wanted.name, $2, clock_timestamp() + $4::bigint * interval '1 microsecond'
            FROM unnest(array_prepend('', $3::text[])) AS wanted (name)
            WHERE wanted.name = ''
            OR NOT EXISTS (SELECT FROM lease AS l WHERE l.\"group\" = $1 AND l.name = wanted.name)";
        LEASES = "SELECT name, holder FROM lease WHERE \"group\" = $1 ORDER BY name, holder";
        LEAVE = "DELETE FROM lease WHERE \"group\" = $1 AND holder = $2";
    }
}

pub(super) mod session {
    use super::statements;

    statements! { crate::postgres:
        /// What a server promises, and what this session may do to the log.
        PROMISES = "SELECT current_setting('server_version_num')::integer,
            current_setting('fsync'), current_setting('synchronous_commit'),
            to_regclass('refinery_schema_history') IS NOT NULL";
        SCHEMA_VERSION = "SELECT coalesce(max(version), 0)::bigint FROM refinery_schema_history";
        /// A role that could take another one's rights has them.
        MAY_CHANGE_EVENTS = "SELECT pg_has_role(current_user, relowner, 'MEMBER')
            OR has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(oid, 'UPDATE')
            FROM pg_class WHERE oid = 'events'::regclass";
    }
}
