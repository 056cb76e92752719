use super::{InformationClass, LegalBasis, labels};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, id, stated};
use crate::thing::Thing;
use banso_kernel::{AccessId, JST, Party, Personal, Stated};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody reads in an emergency what nobody agreed to share with them (緊急時の閲覧). It ends by itself, the person
/// sees it, and the organisation named here looks at it afterwards. Source: domain.md §5.2 (g).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyAccessStarted {
    /// Its id.
    pub access: AccessId,
    /// Who reads.
    pub by: Party,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// On what ground.
    #[serde(default)]
    pub basis: Stated<LegalBasis>,
    /// Which information.
    pub classes: Vec<InformationClass>,
    /// Until when, to the minute: such an access lasts hours.
    pub until: DateTime<Utc>,
    /// Who looks at it afterwards: an organisation, or somebody of one.
    pub reviewer: Party,
}

impl Payload for EmergencyAccessStarted {
    const NAME: &'static str = "EmergencyAccessStarted";

    fn label(&self) -> Cow<'_, str> {
        "緊急時の閲覧".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.reviewer]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map(|reason| format!(": {}", reason.reveal())).unwrap_or_default();
        let until = self.until.with_timezone(&JST).format("%Y-%m-%d %H:%M");
        Some(format!("{}（{until}まで）{reason}", labels(&self.classes)).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Access(&self.access))
    }

    fn sample() -> Self {
        Self {
            access: id("haru:a1"),
            by: health_centre_nurse(),
            reason: stated("外出する様子がなく、大声が聞こえる"),
            basis: Stated::Value(LegalBasis::ProtectionOfLife),
            classes: vec![InformationClass::Contact, InformationClass::Medical],
            until: id("2025-04-02T03:00:00Z"),
            reviewer: Party::Org(id("city")),
        }
    }
}

impl Admit for EmergencyAccessStarted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.classes.is_empty() {
            return Err(Refusal::Nobody("classes"));
        }
        // Set up before it is used: without one it would never be looked at.
        if self.reviewer.org().is_none() {
            return Err(Refusal::Nobody("reviewer"));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn started() -> EmergencyAccessStarted {
        EmergencyAccessStarted::sample()
    }

    #[test]
    fn an_access_in_an_emergency_is_admitted() {
        given_nothing().when(told(started())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(started())]).when(told(started()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_access_without_a_reason_is_admitted() {
        let bare =
            EmergencyAccessStarted { reason: Stated::NotRecorded, basis: Stated::NotRecorded, ..started() };
        given_nothing().when(told(bare)).admits();
    }

    #[test]
    fn the_line_of_the_timeline_says_until_when_in_japan() {
        let line = started().detail().map(|line| line.reveal().clone());
        let expected = "住所・連絡先・医療（2025-04-02 12:00まで）: 外出する様子がなく、大声が聞こえる";
        assert_eq!(line.as_deref(), Some(expected));
    }

    #[test]
    fn another_access_under_a_used_id_is_refused() {
        given([told(started())])
            .when(told(EmergencyAccessStarted { until: id("2025-04-03T03:00:00Z"), ..started() }))
            .refuses(Refusal::IdAlreadyUsed { what: "emergency access", by: event(1) });
    }

    #[test]
    fn an_access_about_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyAccessStarted { access: id("aki:a1"), ..started() }))
            .refuses(Refusal::ForeignReference("emergency access"));
    }

    #[test]
    fn an_access_to_nothing_is_refused() {
        given_nothing()
            .when(told(EmergencyAccessStarted { classes: Vec::new(), ..started() }))
            .refuses(Refusal::Nobody("classes"));
    }

    #[test]
    fn an_access_that_no_organisation_looks_at_afterwards_is_refused() {
        given_nothing()
            .when(told(EmergencyAccessStarted { reviewer: Party::NotRecorded, ..started() }))
            .refuses(Refusal::Nobody("reviewer"));
    }
}
