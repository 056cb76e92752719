//! What a zone works on (協議会の一覧): its regional issues with what became of them, and the meetings of its councils.
//! No person is named, and no exact number of cases is known here; themes are shown however few stand behind them.

use crate::named::PartyShown;
use crate::{Moment, MomentShown};
use banso_domain::zone::council::{CouncilEvent, CouncilMeetingHeld};
use banso_domain::zone::issue::{IssueEvent, RegionalIssueExtracted, ResourceDeveloped};
use banso_domain::{Fact, History, Reference, ZoneEvent};
use banso_kernel::{CouncilMeetingId, IssueId, OrgId, Party, Personal, Seq, StreamSeq, ZoneId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Which state of a zone an answer shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ZoneAsOf {
    /// The zone.
    #[schema(value_type = String, example = "area")]
    pub zone: ZoneId,
    /// What was true at this time; absent = now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<DateTime<Utc>>,
    /// What was known at this position of the log, exactly.
    pub known_seq: Seq,
    /// The zone's last event that is in the answer; also its `ETag`.
    pub stream_seq: StreamSeq,
}

/// The answer: what the zone works on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CouncilViewShown {
    /// Which state of the world.
    pub as_of: ZoneAsOf,
    /// In the order in which they were first spoken of.
    pub issues: Vec<IssueShown>,
    /// Developed without an issue being named.
    pub resources: Vec<ResourceShown>,
    /// In the order in which they took place.
    pub meetings: Vec<CouncilMeetingShown>,
}

/// A regional issue (地域課題).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IssueShown {
    /// Its id.
    #[schema(value_type = String, example = "area:i1")]
    pub issue: IssueId,
    /// How far it is, in Japanese: 「整理」, 「提出」, 「協議」, 「取組み中」, 「終結」.
    pub stage: String,
    /// What is missing; absent where that is not recorded (yet).
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Personal<String>>,
    /// By what it showed, in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// In about how many cases, in Japanese: 「少数」.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases: Option<String>,
    /// Who says so.
    pub by: Vec<PartyShown>,
    /// When it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extracted: Option<MomentShown>,
    /// Before which councils it was brought.
    pub submitted: Vec<SubmissionShown>,
    /// What was said of it.
    pub discussed: Vec<DiscussionShown>,
    /// What is to be done.
    pub actions: Vec<ActionShown>,
    /// What came of it that others can use.
    pub resources: Vec<ResourceShown>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosureShown>,
}

/// An issue was brought before a council.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SubmissionShown {
    /// The council.
    pub council: PartyShown,
    /// By whom.
    pub by: Vec<PartyShown>,
    /// When.
    pub when: MomentShown,
}

/// A council talked about an issue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DiscussionShown {
    /// At which meeting.
    #[schema(value_type = String, example = "area:m1")]
    pub meeting: CouncilMeetingId,
    /// What was said.
    #[schema(value_type = String)]
    pub summary: Personal<String>,
    /// When.
    pub when: MomentShown,
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActionShown {
    /// What.
    #[schema(value_type = String)]
    pub action: Personal<String>,
    /// Who does it.
    pub owner: Vec<PartyShown>,
    /// By when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// When it was agreed.
    pub when: MomentShown,
}

/// Something that the zone did not have before.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResourceShown {
    /// Whether an office offers it, or neighbours do, in Japanese.
    pub kind: String,
    /// What it is.
    #[schema(value_type = String)]
    pub what: Personal<String>,
    /// Who offers it.
    pub by: Vec<PartyShown>,
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_from: Option<NaiveDate>,
    /// When it was recorded to be there.
    pub when: MomentShown,
}

/// The end of the work on an issue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClosureShown {
    /// What came of it.
    #[schema(value_type = String)]
    pub result: Personal<String>,
    /// When.
    pub when: MomentShown,
}

/// A meeting of a council.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CouncilMeetingShown {
    /// Its id.
    #[schema(value_type = String, example = "area:m1")]
    pub meeting: CouncilMeetingId,
    /// The council.
    pub council: PartyShown,
    /// Which kind of meeting, in Japanese.
    pub kind: String,
    /// Who was there.
    pub attendees: Vec<PartyShown>,
    /// What it was about.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agenda: Option<Personal<String>>,
    /// When.
    pub when: MomentShown,
}

/// What a zone's history comes to, as people and programs read it.
pub fn show(history: &History<'_, ZoneEvent>, as_of: ZoneAsOf, reference: &Reference) -> CouncilViewShown {
    let mut shown =
        CouncilViewShown { as_of, issues: Vec::new(), resources: Vec::new(), meetings: Vec::new() };
    let valid_at = shown.as_of.valid_at;
    let included =
        |fact: &&Fact<'_, ZoneEvent>| fact.stands() && valid_at.is_none_or(|at| fact.is_included_at(at));
    for fact in history.facts.iter().filter(included) {
        let when = Moment::of(fact, valid_at).show();
        match &*fact.current.event {
            ZoneEvent::Issue(event) => shown.take_in(event, when, reference),
            ZoneEvent::Council(CouncilEvent::MeetingHeld(held)) => {
                shown.meetings.push(show_meeting(held, when, reference));
            }
            // Already applied by resolving the history.
            ZoneEvent::Correction(_) => {}
        }
    }
    for issue in &mut shown.issues {
        issue.stage = issue.stage_reached().to_owned();
    }
    shown
}

impl CouncilViewShown {
    fn take_in(&mut self, event: &IssueEvent, when: MomentShown, reference: &Reference) {
        let council = |org: &OrgId| PartyShown::of(&Party::Org(org.clone()), reference);
        let parties = |parties: &[Party]| PartyShown::each(parties, reference);
        match event {
            IssueEvent::Extracted(said) => self.issue(&said.issue).extract(said, when, reference),
            IssueEvent::Submitted(said) => {
                let (council, by) = (council(&said.council), parties(&said.by));
                self.issue(&said.issue).submitted.push(SubmissionShown { council, by, when });
            }
            IssueEvent::Discussed(said) => {
                let (meeting, summary) = (said.meeting.clone(), said.summary.clone());
                self.issue(&said.issue).discussed.push(DiscussionShown { meeting, summary, when });
            }
            IssueEvent::ActionAgreed(said) => {
                let (action, owner) = (said.action.clone(), parties(&said.owner));
                let due = said.due.value().copied();
                self.issue(&said.issue).actions.push(ActionShown { action, owner, due, when });
            }
            IssueEvent::ResourceDeveloped(said) => {
                let resource = show_resource(said, when, reference);
                match &said.issue {
                    Some(issue) => self.issue(issue).resources.push(resource),
                    None => self.resources.push(resource),
                }
            }
            IssueEvent::Closed(said) => {
                let result = said.result.clone();
                self.issue(&said.issue).closed = Some(ClosureShown { result, when });
            }
        }
    }

    /// The issue, which somebody may speak of before it was recorded what it is about.
    fn issue(&mut self, id: &IssueId) -> &mut IssueShown {
        let at = self.issues.iter().position(|issue| issue.issue == *id).unwrap_or_else(|| {
            self.issues.push(IssueShown {
                issue: id.clone(),
                stage: String::new(),
                theme: None,
                source: None,
                cases: None,
                by: Vec::new(),
                extracted: None,
                submitted: Vec::new(),
                discussed: Vec::new(),
                actions: Vec::new(),
                resources: Vec::new(),
                closed: None,
            });
            self.issues.len() - 1
        });
        &mut self.issues[at]
    }
}

impl IssueShown {
    fn extract(&mut self, said: &RegionalIssueExtracted, when: MomentShown, reference: &Reference) {
        // Said first is what stands, as for every thing with an id.
        if self.extracted.is_some() {
            return;
        }
        self.theme = Some(said.theme.clone());
        self.source = Some(said.source.label().to_owned());
        self.cases = said.cases.value().map(|cases| cases.label().to_owned());
        self.by = PartyShown::each(&said.by, reference);
        self.extracted = Some(when);
    }

    fn stage_reached(&self) -> &'static str {
        match self {
            Self { closed: Some(_), .. } => "終結",
            Self { actions, resources, .. } if !actions.is_empty() || !resources.is_empty() => "取組み中",
            Self { discussed, .. } if !discussed.is_empty() => "協議",
            Self { submitted, .. } if !submitted.is_empty() => "提出",
            Self { .. } => "整理",
        }
    }
}

fn show_resource(said: &ResourceDeveloped, when: MomentShown, reference: &Reference) -> ResourceShown {
    ResourceShown {
        kind: said.kind.label().to_owned(),
        what: said.what.clone(),
        by: PartyShown::each(&said.by, reference),
        available_from: said.available_from.value().copied(),
        when,
    }
}

fn show_meeting(held: &CouncilMeetingHeld, when: MomentShown, reference: &Reference) -> CouncilMeetingShown {
    CouncilMeetingShown {
        meeting: held.meeting.clone(),
        council: PartyShown::of(&Party::Org(held.council.clone()), reference),
        kind: held.kind.label().to_owned(),
        attendees: PartyShown::each(&held.attendees, reference),
        agenda: held.agenda.value().cloned(),
        when,
    }
}

#[cfg(test)]
mod specs;
