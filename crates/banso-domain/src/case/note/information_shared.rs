use crate::Refusal;
use crate::case::Case;
use crate::case::consent::{InformationClass, LegalBasis, SharingPurpose};
use crate::case::referral::Channel;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{ConsentId, NoteId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody told somebody else what they know of the person (情報共有): notes, or what was said on the telephone.
/// Before this nobody can show that the other one had the record. Source: S2 slide 8, S3; domain.md §5.1, §5.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InformationShared {
    /// Who told.
    pub by: Vec<Party>,
    /// Whom.
    pub to: Vec<Party>,
    /// Which notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteId>,
    /// What was told.
    #[serde(default)]
    pub summary: Stated<Personal<String>>,
    /// How (手段).
    #[serde(default)]
    pub channel: Stated<Channel>,
    /// Which classes of information.
    #[serde(default)]
    pub classes: Stated<Vec<InformationClass>>,
    /// What for (利用目的).
    #[serde(default)]
    pub purpose: Stated<SharingPurpose>,
    /// What allows it.
    #[serde(default)]
    pub basis: Stated<SharingBasis>,
}

/// What allows information to be shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingBasis {
    /// A consent that is recorded by itself.
    Consent(ConsentId),
    /// Any other ground, or a consent without a record of its own.
    Legal(LegalBasis),
}

impl Payload for InformationShared {
    const NAME: &'static str = "InformationShared";

    fn label(&self) -> Cow<'_, str> {
        "情報共有".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.to.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let classes = self.classes.value().map(|classes| {
            let labels: Vec<_> = classes.iter().map(|class| class.label()).collect();
            labels.join("・").into()
        });
        self.summary.value().cloned().or(classes)
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        let consent = match self.basis.value() {
            Some(SharingBasis::Consent(consent)) => Some(Thing::Consent(consent)),
            Some(SharingBasis::Legal(_)) | None => None,
        };
        self.notes.iter().map(Thing::Note).chain(consent).collect()
    }

    fn sample() -> Self {
        Self {
            by: vec![consultant()],
            to: vec![welfare_officer()],
            notes: vec![id("haru:n1")],
            summary: stated("定期的に会い、退院の準備を一緒に考えている"),
            channel: Channel::Telephone.into(),
            classes: vec![InformationClass::DailyLife].into(),
            purpose: SharingPurpose::DischargeSupport.into(),
            basis: SharingBasis::Legal(LegalBasis::PersonConsent).into(),
        }
    }
}

impl Admit for InformationShared {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.to.is_empty() {
            return Err(Refusal::Nobody("to"));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::note::ContactRecorded;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::hospital;

    fn shared() -> InformationShared {
        InformationShared::sample()
    }

    fn by_consent(consent: &str) -> InformationShared {
        InformationShared { basis: SharingBasis::Consent(id(consent)).into(), ..shared() }
    }

    #[test]
    fn what_a_note_says_may_be_shared() {
        given([told(ContactRecorded::sample())]).when(told(shared())).admits();
    }

    #[test]
    fn it_is_admitted_before_the_note_and_the_consent() {
        given_nothing().when(told(shared())).admits();
        given_nothing().when(told(by_consent("haru:c1"))).admits();
    }

    #[test]
    fn what_somebody_said_without_a_note_a_class_or_a_ground_is_admitted() {
        let reporter = Party::Unnamed { label: "報告者".into() };
        let words = "好きなイラストを描いたりしながら安定し笑顔で過ごしている";
        let reported = InformationShared {
            by: vec![reporter],
            to: vec![Party::Org(id("city"))],
            notes: Vec::new(),
            summary: stated(words),
            channel: Stated::NotRecorded,
            classes: Stated::NotRecorded,
            purpose: Stated::NotRecorded,
            basis: Stated::NotRecorded,
        };
        assert_eq!(reported.detail().unwrap().reveal(), words);
        given_nothing().when(told(reported)).admits();
    }

    #[test]
    fn without_a_summary_it_is_told_by_its_classes() {
        let classes = vec![InformationClass::Medical, InformationClass::DailyLife].into();
        let silent = InformationShared { summary: Stated::NotRecorded, classes, ..shared() };
        assert_eq!(silent.detail().unwrap().reveal(), "医療・生活");
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(shared())]).when(told(shared()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_same_to_somebody_else_or_at_another_time_is_new() {
        given([told(shared())]).when(told(InformationShared { to: vec![hospital()], ..shared() })).admits();
        given([told(shared()).on("2025-04-01")]).when(told(shared()).on("2025-05-01")).admits();
    }

    #[test]
    fn what_is_shared_with_nobody_is_refused() {
        given_nothing()
            .when(told(InformationShared { to: Vec::new(), ..shared() }))
            .refuses(Refusal::Nobody("to"));
    }

    #[test]
    fn the_note_of_another_person_is_refused() {
        given_nothing()
            .when(told(InformationShared { notes: vec![id("haru:n1"), id("aki:n1")], ..shared() }))
            .refuses(Refusal::ForeignReference("note"));
    }

    #[test]
    fn the_consent_of_another_person_is_refused() {
        given_nothing().when(told(by_consent("aki:c1"))).refuses(Refusal::ForeignReference("consent"));
    }
}
