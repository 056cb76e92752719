//! `banso events`.

use crate::config::Settings;
use crate::output::print;
use crate::store::{self, Opened};
use banso_api::event_json;
use banso_app::{EventFilter, Queries};
use banso_kernel::{Part, PersonId, Recorded, Seq};
use std::process::ExitCode;
use std::time::Duration;

/// Events read at a time.
const PAGE_EVENTS: usize = 1_000;
/// How often a follower looks: another process appends.
const POLL: Duration = Duration::from_millis(200);

pub(super) fn filter(
    event_type: Option<String>,
    entity: Option<String>,
    person: Option<PersonId>,
    parts: &[u8],
) -> anyhow::Result<EventFilter> {
    if let Some(unknown) = &entity
        && !EventFilter::entities().any(|known| known == unknown)
    {
        anyhow::bail!("`{unknown}` is none of {}", EventFilter::entities().collect::<Vec<_>>().join(", "));
    }
    let parts = parts.iter().map(|part| Part::try_from(*part)).collect::<Result<_, _>>()?;
    let parts = Some(parts).filter(|parts: &std::collections::BTreeSet<Part>| !parts.is_empty());
    Ok(EventFilter { parts, entity, event_type, person })
}

pub(super) async fn run(
    settings: &Settings,
    mut after: Seq,
    last: Option<u32>,
    follow: bool,
    filter: &EventFilter,
) -> anyhow::Result<ExitCode> {
    let Opened { store, clock } = store::open(settings).await?;
    let queries = Queries::new(store.clone(), store, clock);
    if let Some(count) = last {
        let (events, head) = queries.latest(count as usize, filter).await?;
        print_events(&events)?;
        after = head;
    }
    while last.is_none() || follow {
        let (events, seen) = queries.follow(after, PAGE_EVENTS, filter).await?;
        print_events(&events)?;
        if seen > after {
            after = seen;
        } else if follow {
            tokio::time::sleep(POLL).await;
        } else {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_events(events: &[Recorded]) -> anyhow::Result<()> {
    events.iter().try_for_each(|event| print(&format!("{}\n", event_json(event)?)))
}
