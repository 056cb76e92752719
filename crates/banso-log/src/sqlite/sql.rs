//! Every statement of the SQLite adapter. A test prepares each of them on a migrated store.

use crate::database::statements;

pub(super) mod log {
    use super::statements;

    statements! { crate::sqlite:
        IDENTITY = "SELECT log_id, epoch FROM log_identity";
        CREATE_IDENTITY = "INSERT OR IGNORE INTO log_identity (one, log_id, epoch) VALUES (1, ?1, 1)";
        HEAD = "SELECT seq, recorded_at, log_chain FROM events ORDER BY seq DESC LIMIT 1";
        READ = "SELECT seq, header, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        READ_BACK = "SELECT seq, header, body FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        READ_STREAM = "SELECT seq, header, body, stream_seq FROM events
            WHERE stream = ?1 AND stream_seq > ?2 AND seq <= ?3 ORDER BY stream_seq LIMIT ?4";
        READ_STRETCH = "SELECT seq, header, body, stream_seq FROM events
            WHERE stream = ?1 AND stream_seq > ?2 AND stream_seq <= ?3 ORDER BY stream_seq LIMIT ?4";
        READ_SEALED = "SELECT seq, header, body, event_id, stream, stream_seq, recorded_at, salt, stream_chain, log_chain
            FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        STREAM_HEAD = "SELECT stream_seq, stream_chain FROM events
            WHERE stream = ?1 AND seq <= ?2 ORDER BY stream_seq DESC LIMIT 1";
        FIND = "SELECT seq, header, body FROM events WHERE event_id = ?1";
        RECORDED_AT = "SELECT recorded_at FROM events WHERE seq = ?1";
        INSERT = "INSERT INTO events
            (seq, event_id, stream, stream_seq, recorded_at, header, body, salt, stream_chain, log_chain)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        INTAKE_POSITION = "SELECT stream, seq FROM intake_position WHERE publisher = ?1";
        PUT_INTAKE_POSITION = "INSERT INTO intake_position (publisher, stream, seq) VALUES (?1, ?2, ?3)
            ON CONFLICT (publisher) DO UPDATE SET stream = excluded.stream, seq = excluded.seq";
        INSERT_RECEIPT = "INSERT INTO receipt (seq, publisher, stream, message, body)
            SELECT coalesce(max(seq), 0) + 1, ?1, ?2, ?3, ?4 FROM receipt";
        RECEIPT_HEAD = "SELECT coalesce(max(seq), 0) FROM receipt";
        RECEIPTS = "SELECT seq, publisher, stream, message, body FROM receipt WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        HELD = "SELECT reason FROM log_hold";
        HOLD = "INSERT OR IGNORE INTO log_hold (one, reason, since)
            VALUES (1, ?1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))";
        LET_GO = "DELETE FROM log_hold";
        NEXT_EPOCH = "UPDATE log_identity SET epoch = epoch + 1";
    }
}

pub(super) mod views {
    use super::statements;

    statements! { crate::sqlite:
        VERSIONS = "SELECT version, code, active FROM model_version ORDER BY version";
        IS_VERSION = "SELECT active FROM model_version WHERE version = ?1";
        CREATE_VERSION = "INSERT INTO model_version (version, code)
            SELECT coalesce(max(version), 0) + 1, ?1 FROM model_version RETURNING version";
        CREATE_CHECKPOINT = "INSERT INTO checkpoint (version, part, seq, rev) VALUES (?1, ?2, 0, 0)";
        DEACTIVATE = "UPDATE model_version SET active = 0 WHERE active = 1";
        ACTIVATE = "UPDATE model_version SET active = 1 WHERE version = ?1";
        DROP_VERSION = "DELETE FROM model_version WHERE version = ?1";
        DROP_CHECKPOINTS = "DELETE FROM checkpoint WHERE version = ?1";
        DROP_STATES = "DELETE FROM person_state WHERE version = ?1";
        DROP_ROWS = "DELETE FROM work_row WHERE version = ?1";
        CHECKPOINTS = "SELECT seq, rev FROM checkpoint WHERE version = ?1 ORDER BY part";
        MOVE = "UPDATE checkpoint SET seq = ?5, rev = rev + 1
            WHERE version = ?1 AND part = ?2 AND seq = ?3 AND rev = ?4";
        PUT_STATE = "INSERT INTO person_state (version, stream, code, stream_seq, body)
            VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (version, stream)
            DO UPDATE SET code = excluded.code, stream_seq = excluded.stream_seq, body = excluded.body";
        DELETE_ROWS_OF = "DELETE FROM work_row WHERE version = ?1 AND person = ?2";
        PUT_ROW = "INSERT INTO work_row
            (version, view, key, person, organisation, zone, due_from, due_to, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        STATE_OF = "SELECT code, stream_seq, body FROM person_state WHERE version = ?1 AND stream = ?2";
        STATES_FROM = "SELECT code, stream_seq, body, stream FROM person_state
            WHERE version = ?1 AND stream > ?2 ORDER BY stream LIMIT ?3";
        STATE = "SELECT code, stream_seq, body FROM person_state
            WHERE version = (SELECT version FROM model_version WHERE active = 1) AND stream = ?1";
        /// Without an organisation: the order of the primary key is that of the answer.
        ROWS = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = (SELECT version FROM model_version WHERE active = 1)
            AND view = ?1 AND key > ?2
            AND (?3 IS NULL OR ((due_from IS NULL OR due_from <= ?3) AND (due_to IS NULL OR due_to >= ?3)))
            ORDER BY key LIMIT ?4";
        /// For one organisation, by its index.
        ROWS_FOR = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = (SELECT version FROM model_version WHERE active = 1)
            AND view = ?1 AND organisation = ?5 AND key > ?2
            AND (?3 IS NULL OR ((due_from IS NULL OR due_from <= ?3) AND (due_to IS NULL OR due_to >= ?3)))
            ORDER BY key LIMIT ?4";
        ROWS_OF = "SELECT view, key, person, organisation, zone, due_from, due_to, body FROM work_row
            WHERE version = ?1 AND person = ?2 ORDER BY view, key";
        NOW = "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
        DROP_LEASES = "DELETE FROM lease WHERE \"group\" = ?1 AND (holder = ?2 OR until <= ?3)";
        /// Taken only where no other holds the name.
        TAKE_LEASE = "INSERT INTO lease (\"group\", name, holder, until) SELECT ?1, ?2, ?3, ?4
            WHERE ?2 = '' OR NOT EXISTS (SELECT 1 FROM lease WHERE \"group\" = ?1 AND name = ?2)";
        LEAVE = "DELETE FROM lease WHERE \"group\" = ?1 AND holder = ?2";
        MEMBERS = "SELECT holder FROM lease WHERE \"group\" = ?1 AND name = '' ORDER BY holder";
        HELD_BY = "SELECT name FROM lease WHERE \"group\" = ?1 AND holder = ?2 AND name <> '' ORDER BY name";
    }
}
