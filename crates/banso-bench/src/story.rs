//! Ten years of a region: who takes part, and then one course of support after the other for everybody: a
//! request and its answer, a plan that is agreed on, a meeting, and the contacts around them. All of it is what
//! the door would admit.

use crate::notes::{Note, Notes};
use crate::publisher::SOURCE;
use banso_kernel::{CloudEvent, JST};
use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Events of one batch of the writer: those that have the same `recorded_at`.
const BATCH_EVENTS: u64 = 1_000;
/// When the first batch was recorded, in seconds since 1970: 2015-04-01 in Asia/Tokyo.
const BEGIN_SECONDS: i64 = 1_427_814_000;
/// How long all of it took; whatever a publisher proposes now comes behind it.
const LENGTH: TimeDelta = TimeDelta::days(3_650);
/// Events of one course of support.
const COURSE_EVENTS: u64 = 20;

/// Who takes part: type of the event, and its payload.
const REGISTRY: [(&str, &str); 5] = [
    ("OrgRegistered", r#"{"org":"c-soudan","kind":"specified_consultation","name":"C相談支援事業所"}"#),
    ("OrgRegistered", r#"{"org":"d-hoken","kind":"health_center","name":"D保健センター"}"#),
    ("OrgRegistered", r#"{"org":"a-kyotaku","kind":"home_care","name":"A居宅介護支援事業所"}"#),
    (
        "ActorRegistered",
        r#"{"actor":"consultant","org":"c-soudan","role":"consultation_support_specialist","name":"not_recorded"}"#,
    ),
    (
        "ActorRegistered",
        r#"{"actor":"nurse","org":"d-hoken","role":"public_health_nurse","name":"not_recorded"}"#,
    ),
];

const CONSULTANT: &str =
    r#"{"actor":{"actor":"consultant","org":"c-soudan","role":"consultation_support_specialist"}}"#;
const NURSE: &str = r#"{"actor":{"actor":"nurse","org":"d-hoken","role":"public_health_nurse"}}"#;

/// When facts happened, beside when they were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// Each on the day on which it was recorded.
    InOrder,
    /// Half of them before the fact that was recorded before them about the same person.
    HalfLate,
}

/// An event, and when the log took it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) event: CloudEvent,
    pub(crate) recorded_at: DateTime<Utc>,
}

/// The events, in the order of the log.
pub(crate) struct Story {
    events: u64,
    dates: Dates,
    told: u64,
    notes: Notes,
    persons: Vec<Person>,
}

/// How far a person's story is told.
#[derive(Clone, Copy, Debug, Default)]
struct Person {
    events: u64,
    /// When the last one of them happened.
    occurred: Option<NaiveDate>,
}

impl Story {
    /// So many events in all, of so many persons: first one of each, then of anybody.
    pub(crate) fn of(events: u64, persons: u64, dates: Dates) -> Self {
        let told_of = vec![Person::default(); persons as usize];
        Self { events, dates, told: 0, notes: Notes::of("history", persons), persons: told_of }
    }

    /// How many persons it is about.
    pub(crate) fn persons(&self) -> u64 {
        (self.persons.len() as u64).min(self.events.saturating_sub(REGISTRY.len() as u64))
    }

    fn recorded_at(&self) -> DateTime<Utc> {
        let batches = i32::try_from(self.events.div_ceil(BATCH_EVENTS)).unwrap_or(i32::MAX);
        let batch = i32::try_from(self.told / BATCH_EVENTS).unwrap_or(i32::MAX);
        DateTime::UNIX_EPOCH + TimeDelta::seconds(BEGIN_SECONDS) + LENGTH / batches * batch
    }

    fn about_somebody(&mut self, recorded_at: DateTime<Utc>) -> CloudEvent {
        let persons = self.persons.len() as u64;
        let first = self.told - REGISTRY.len() as u64;
        let person = if first < persons { first } else { self.notes.anybody() };
        let Person { events, occurred } = self.persons[person as usize];
        let day = recorded_at.with_timezone(&JST).date_naive();
        let day = match (self.dates, occurred) {
            (Dates::HalfLate, Some(before)) if is_late(events) => before - Days::new(1 + events % 14),
            (Dates::HalfLate | Dates::InOrder, _) => day,
        };
        self.persons[person as usize] = Person { events: events + 1, occurred: Some(day) };
        let note = self.notes.about(person);
        let (event_type, body) = step(&note, events);
        let subject = format!("person/{}", note.person);
        published(&note.id, event_type, &subject, &day.to_string(), body)
    }
}

impl Iterator for Story {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        if self.told == self.events {
            return None;
        }
        let recorded_at = self.recorded_at();
        let event = match REGISTRY.get(self.told as usize) {
            Some((event_type, body)) => {
                published(&format!("registry-{}", self.told), event_type, "registry", "unknown", *body)
            }
            None => self.about_somebody(recorded_at),
        };
        self.told += 1;
        Some(Told { event, recorded_at })
    }
}

/// An event as a service publishes it.
fn published(
    id: &str,
    event_type: &str,
    subject: &str,
    occurred: &str,
    data: impl Into<Bytes>,
) -> CloudEvent {
    let attributes: BTreeMap<String, String> = [
        ("specversion", "1.0"),
        ("id", id),
        ("source", SOURCE),
        ("type", &format!("banso.{event_type}.v1")),
        ("subject", subject),
        ("bansooccurred", occurred),
        ("bansoactor", "consultant@c-soudan"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    CloudEvent { attributes, data: data.into() }
}

/// Every second event of a person, and of two courses one time these and one time those.
fn is_late(event: u64) -> bool {
    (event + event / COURSE_EVENTS) % 2 == 1
}

/// What happens as a person's `event`th, from 0.
fn step(note: &Note, event: u64) -> (&'static str, String) {
    let (person, course) = (&note.person, event / COURSE_EVENTS);
    match event % COURSE_EVENTS {
        0 => (
            "ReferralMade",
            format!(
                r#"{{"referral":"{person}:r{course}","from":{NURSE},"to":[{CONSULTANT}],"mode":"joint","reason":"今後の生活の組み立て","wish":"一人で料理ができるようになりたい。散歩に行きたい。","living":"母と二人で暮らしていた家に一人で住む。買い物は近所の人が一緒に行ってくれている。","life_history":"not_recorded","need_now":"定期的に会い、退院後の準備をわかりやすく共有していく人","known":"夜に眠れないことがある","unknown":"通院の交通手段","urgency":"soon","channel":"not_recorded","consent":"not_recorded"}}"#
            ),
        ),
        2 => ("ReferralAccepted", format!(r#"{{"referral":"{person}:r{course}","by":{CONSULTANT}}}"#)),
        3 => (
            "MemberJoined",
            format!(
                r#"{{"party":{CONSULTANT},"layer":"formal","basis":"referral","duties":"計画の作成と月1回の面会（第{course}期）"}}"#
            ),
        ),
        6 => (
            "PlanDrafted",
            format!(
                r#"{{"plan":"{person}:plan{course}","kind":"service_use","author":[{CONSULTANT}],"organisation":{{"org":"c-soudan"}},"wish":"母の介護が大変だったけど、やり遂げられてよかった。母と一緒に行っていた時のように料理がしたい。","family_wish":"not_recorded","policy":"本人と支援者みんなが連携し、取り組みたいことをひとつずつ取り組んでいける体制を作ります。","long_term_goal":"自宅で、自分のペースで暮らし続ける。","short_term_goal":"週に一度は自分で作った料理を食べる。","items":[{{"item":"1","priority":1,"need":"料理がしたい。教えてもらいたい。","goal":"作りたい料理を一緒に楽しく作ります。","due":"1年","services":[{{"kind":"home_care","content":"not_recorded","frequency":"週2回、1時間","provider":{{"org":"a-kyotaku"}},"telephone":"not_recorded"}}],"person_role":"作りたいメニューを伝えます。前の日までに必要な材料を買っておきます。","evaluation":"3ケ月","remarks":"not_recorded"}},{{"item":"2","priority":2,"need":"夜眠れないときや、困ったときに相談できる人がほしい。","goal":"いつでも連絡できる安心な暮らしを作ります。","due":"6ケ月","services":[{{"kind":"community_settlement_support","content":"緊急時の連絡と訪問","frequency":"適宜","provider":{CONSULTANT},"telephone":"not_recorded"}}],"person_role":"困ったときは電話で伝えます。","evaluation":"3ケ月","remarks":"not_recorded"}}],"weekly":{{"slots":[{{"frequency":"週2回","activity":"居宅介護：ヘルパーと料理","item":"1"}}],"main_activities":["散歩","買い物"],"non_weekly":[{{"activity":"地域定着支援","frequency":"月1回"}}]}}}}"#
            ),
        ),
        8 => (
            "PlanConsented",
            format!(
                r#"{{"plan":"{person}:plan{course}","rev":1,"by":"person","method":"signature","explained_by":{CONSULTANT}}}"#
            ),
        ),
        9 => (
            "PlanFinalised",
            format!(
                r#"{{"plan":"{person}:plan{course}","rev":1,"by":{CONSULTANT},"effective_from":"not_recorded"}}"#
            ),
        ),
        12 => (
            "MeetingHeld",
            format!(
                r#"{{"meeting":"{person}:m{course}","kind":"service_providers","attendees":["person",{CONSULTANT},{NURSE},{{"org":"a-kyotaku"}}],"person_present":true,"place":"自宅","agenda":"計画の説明と、それぞれの役割の確認","opinions":["夜に不安になったときの連絡先を決めておきたい。","買い物は週1回から始め、慣れたら回数を本人と相談するのがよい。"],"person_words":["みんなが一緒に考えてくれるのはいいな"],"decisions":[{{"text":"連絡先の表を作る","owner":{CONSULTANT},"due":"not_recorded"}}],"plans":[{{"plan":"{person}:plan{course}","rev":1}}]}}"#
            ),
        ),
        _ => ("ContactRecorded", note.body.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::Place;
    use banso_app::Outcome;
    use std::collections::{BTreeMap, BTreeSet};

    fn attribute<'a>(told: &'a Told, name: &str) -> &'a str {
        &told.event.attributes[name]
    }

    /// What was recorded about each person, in the order of the log.
    fn by_person(story: Story) -> BTreeMap<String, Vec<Told>> {
        let mut persons: BTreeMap<String, Vec<Told>> = BTreeMap::new();
        for told in story.filter(|told| attribute(told, "subject") != "registry") {
            persons.entry(attribute(&told, "subject").to_owned()).or_default().push(told);
        }
        persons
    }

    /// How many facts happened before the one that was recorded before them.
    fn late(told: &[Told]) -> usize {
        let days =
            told.windows(2).map(|pair| [&pair[0], &pair[1]].map(|told| attribute(told, "bansooccurred")));
        days.filter(|[before, day]| day < before).count()
    }

    #[test]
    fn a_course_of_support_has_bodies_of_the_benchmarks_size() {
        let note = Notes::of("history", 1).about(0);
        let bytes: usize = (0..COURSE_EVENTS).map(|event| step(&note, event).1.len()).sum();
        let mean = bytes as u64 / COURSE_EVENTS;
        assert!((550..=590).contains(&mean), "{mean} bytes");
    }

    #[test]
    fn everybody_has_a_story_and_no_id_comes_twice() {
        let ids: BTreeSet<String> =
            Story::of(2_000, 50, Dates::InOrder).map(|told| attribute(&told, "id").to_owned()).collect();
        assert_eq!(ids.len(), 2_000);
        assert_eq!(by_person(Story::of(2_000, 50, Dates::InOrder)).len(), 50);
        assert_eq!(Story::of(10, 50, Dates::InOrder).persons(), 5);
    }

    #[test]
    fn half_of_the_events_are_late_or_none_is() {
        for told in by_person(Story::of(5_000, 20, Dates::InOrder)).values() {
            assert_eq!(late(told), 0);
        }
        for told in by_person(Story::of(5_000, 20, Dates::HalfLate)).values() {
            assert!(late(told).abs_diff(told.len() / 2) <= 1, "{} of {}", late(told), told.len());
        }
    }

    #[test]
    fn recorded_times_rise_from_batch_to_batch_and_end_before_what_is_measured() {
        let times: Vec<DateTime<Utc>> =
            Story::of(3_500, 20, Dates::InOrder).map(|told| told.recorded_at).collect();
        assert!(times.chunks(BATCH_EVENTS as usize).all(|batch| batch.iter().all(|at| *at == batch[0])));
        let distinct: BTreeSet<_> = times.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert!(times.is_sorted());
        assert!(times.last().unwrap().to_rfc3339().as_str() < "2025-06-01");
    }

    #[tokio::test]
    async fn the_door_admits_all_of_it_and_takes_nothing_for_a_repetition() {
        for dates in [Dates::InOrder, Dates::HalfLate] {
            let folder = tempfile::tempdir().unwrap();
            let app = Place::in_files(folder.path().join("store")).unwrap().app(false).await.unwrap();
            let events = Story::of(300, 3, dates).map(|told| app.door.propose(told.event, None).unwrap());
            let outcomes = app.door.publish(events.collect(), false).await.unwrap();
            app.stop().await;
            assert_eq!(outcomes.len(), 300);
            for outcome in outcomes {
                assert!(
                    matches!(outcome, Outcome::Admitted(receipt) if receipt.repeats.is_none()),
                    "{outcome:?}"
                );
            }
        }
    }
}
