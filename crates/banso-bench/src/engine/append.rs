//! Single events, proposed one after the other by 1, 8 and 32 publishers at the same time, in PostgreSQL.

use crate::bench::Bench;
use crate::limits::insert::Insert;
use crate::limits::load_and_insert::LoadAndInsert;
use crate::load::closed_loop;
use crate::measured::{Measured, Quantity};
use crate::peers::PostgresEs;
use crate::publisher::Publisher;
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use async_trait::async_trait;
use banso_app::audit::Attempt;

pub(super) fn by_one() -> Row {
    row("append-1", "append, 1 publisher", 1, vec![Goal::rate_at_least(0.8, "CMD")])
}

pub(super) fn by_eight() -> Row {
    row("append-8", "append, 8 publishers", 8, vec![Goal::rate_at_least(1.0, "CMD")])
}

pub(super) fn by_thirty_two() -> Row {
    let goals = vec![Goal::rate_at_least(1.5, "L1"), Goal::at_most(Quantity::P99, 0.5, "L1")];
    row("append-32", "append, 32 publishers", 32, goals)
}

fn row(id: &'static str, title: &'static str, publishers: u64, goals: Vec<Goal>) -> Row {
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Insert { publishers }),
        Box::new(LoadAndInsert { publishers }),
        Box::new(PostgresEs { publishers, batch: 1 }),
        Box::new(Append { publishers }),
    ];
    Row { id, title, unit: "events", subjects, goals }
}

/// banso: from the CloudEvent to the answer, all checks, chains and idempotency included.
pub(crate) struct Append {
    pub(crate) publishers: u64,
}

#[async_trait]
impl Subject for Append {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        append(&place, self.publishers, bench).await
    }
}

/// Fills a store, lets publishers append to it, and looks at what stands there at the end.
pub(super) async fn append(place: &Place, publishers: u64, bench: &Bench) -> anyhow::Result<Measured> {
    let app = place.filled_app().await?;
    let publishers =
        (1..=publishers).map(|number| Publisher::of(&app.door, format!("banso-{number}"))).collect();
    let (mut measured, publishers) = closed_loop(publishers, bench.period).await;
    app.stop().await;
    let attempts: Vec<Attempt> = publishers.into_iter().flat_map(|own| own.attempts).collect();
    measured.wrong.extend(place.wrong(&attempts).await?);
    Ok(measured)
}
