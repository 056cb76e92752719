//! A writer that stands still while it is alone on the log.

use super::{joined, store, whole};
use crate::support::place::blocking;
use crate::support::process::{Load, Server, Store, until};

/// What the writer of the process that is stopped calls itself in PostgreSQL.
const NAMED: &str = "stopped";
/// Whether a session is alone on the log, in the middle of its batch.
const IN_ITS_BATCH: &str = "SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE application_name = 'stopped writer' AND locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
    AND state LIKE 'idle in transaction%'";

/// Stops the process in the middle of a batch of its writer: tries until one is met.
fn stop_in_a_batch(store: &Store, server: &Server) {
    until("a batch is met", || {
        server.process.signal("STOP");
        let met = blocking(async {
            let observer = store.schema().raw().await;
            // Twice: what was sent before the signal is taken in by the first look.
            for _ in 0..2 {
                let row = observer.query_one(IN_ITS_BATCH, &[]).await.unwrap();
                if row.get::<_, i64>(0) == 0 {
                    return false;
                }
            }
            true
        });
        if !met {
            server.process.signal("CONT");
        }
        met.then_some(())
    });
}

#[test]
fn others_go_on_while_a_writer_stands_still_in_its_batch() {
    let store = store();
    let url = format!("{}?application_name={NAMED}", store.schema().app_url);
    let mut servers = [
        Server::start_as(store.command(&["serve"]).env("BANSO__STORE__POSTGRES", url)),
        Server::start(&store),
    ];
    let [load, of_others] = [("stopped", 0), ("others", 1)]
        .map(|(name, n)| Load::start(&store, name, &vec![super::address(&servers[n]); 3]));
    for _ in 0..2 {
        load.go_on(60);
        of_others.go_on(60);
        stop_in_a_batch(&store, &servers[0]);
        let unknown = of_others.unknown();
        of_others.go_on(100);
        // PostgreSQL ended the silent session before anybody gave up.
        assert_eq!(of_others.unknown(), unknown);
        servers[0].process.signal("CONT");
        load.go_on(60);
    }
    let history = joined(&store, &[load.finish(), of_others.finish()]);
    whole(&store, &servers[0], &history);
    for server in &mut servers {
        server.stop();
    }
}
