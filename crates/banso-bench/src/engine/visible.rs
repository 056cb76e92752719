//! From the publication of an event to the first answer that shows it. In PostgreSQL; the projector is at work
//! meanwhile, also while it is only appended.

use crate::bench::{Bench, PERSONS};
use crate::load::{Worker, closed_loop};
use crate::measured::{Measured, Quantity};
use crate::notes::{Note, Notes, SUMMARY};
use crate::publisher::{attempt, event_of};
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use anyhow::{bail, ensure};
use async_trait::async_trait;
use banso_app::audit::Attempt;
use banso_app::views::team_roster::TeamRosterShown;
use banso_app::{As, Door, Outcome, Queries};
use std::time::{Duration, Instant};

/// No answer takes so long to show an event.
const SHOWN_WAIT: Duration = Duration::from_secs(10);

pub(super) fn to_one() -> Row {
    row("visible-1", "publish → visible to a query", 1)
}

pub(super) fn to_eight() -> Row {
    row("visible-8", "publish → visible to a query, 8 publishers", 8)
}

fn row(id: &'static str, title: &'static str, publishers: u64) -> Row {
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Joining { name: "append", publishers, asks: false }),
        Box::new(Joining { name: BANSO, publishers, asks: true }),
    ];
    let goals = vec![Goal::at_most(Quantity::P50, 1.5, "append")];
    Row { id, title, unit: "events", subjects, goals }
}

/// Members join teams; who `asks` then asks for the team until it shows the member.
struct Joining {
    name: &'static str,
    publishers: u64,
    asks: bool,
}

struct Publisher {
    door: Door,
    queries: Option<Queries>,
    notes: Notes,
    attempts: Vec<Attempt>,
    asked: u64,
}

impl Worker for Publisher {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = joined(self.notes.any());
        let item = self.door.propose(event_of("MemberJoined", &note), None)?;
        let outcome = self.door.publish_one(item, false).await?;
        self.attempts.push(attempt(note.id.clone(), &outcome));
        match outcome {
            Outcome::Admitted(_) => {}
            other => bail!("not admitted: {other:?}"),
        }
        let Some(queries) = &self.queries else { return Ok(()) };
        let (person, began) = (note.person.parse()?, Instant::now());
        loop {
            self.asked += 1;
            if shows(&queries.team(&person, As::default()).await?, &note.id) {
                return Ok(());
            }
            ensure!(began.elapsed() < SHOWN_WAIT, "{} is not shown", note.id);
        }
    }
}

/// Somebody new on the team of the person, called as the note; as long as other bodies.
fn joined(note: Note) -> Note {
    let body = format!(
        r#"{{"party":{{"informal":{{"label":"{}","relation":"neighbour"}}}},"layer":"informal","basis":"plan_item","duties":"{SUMMARY}"}}"#,
        note.id
    );
    Note { body, ..note }
}

fn shows(team: &TeamRosterShown, member: &str) -> bool {
    team.layers.iter().flat_map(|layer| &layer.members).any(|shown| shown.who.name.reveal() == member)
}

#[async_trait]
impl Subject for Joining {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        let app = place.filled_app_that_projects().await?;
        let publisher = |number| Publisher {
            door: app.door.clone(),
            queries: self.asks.then(|| app.queries.clone()),
            notes: Notes::of(format!("joining-{number}"), PERSONS),
            attempts: Vec::new(),
            asked: 0,
        };
        let publishers = (1..=self.publishers).map(publisher).collect();
        let (mut measured, publishers) = closed_loop(publishers, bench.period).await;
        app.stop().await;
        let asked: u64 = publishers.iter().map(|own| own.asked).sum();
        let attempts: Vec<Attempt> = publishers.into_iter().flat_map(|own| own.attempts).collect();
        measured.note = self.asks.then(|| format!("{asked} questions for {} events", attempts.len()));
        measured.wrong.extend(place.wrong(&attempts).await?);
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_app::views::{AsOf, team_roster};
    use banso_domain::Reference;
    use banso_domain::case::team::MemberJoined;

    #[test]
    fn a_member_is_about_as_long_as_other_bodies_and_can_be_read() {
        let note = joined(Notes::of("joining-1", 1_000).any());
        assert!((520..=580).contains(&note.body.len()), "{} bytes", note.body.len());
        let read: MemberJoined = serde_json::from_str(&note.body).unwrap();
        assert_eq!(read.duties.unwrap().reveal(), SUMMARY);
    }

    #[test]
    fn a_team_without_the_member_does_not_show_it() {
        let as_of = AsOf::live("p1".parse().unwrap(), 1, 1);
        let team = team_roster::show(&Default::default(), as_of, &Reference::default());
        assert!(shows(&team, "本人") && !shows(&team, "joining-1-1"));
    }
}
