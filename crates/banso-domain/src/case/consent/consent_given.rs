use super::{ConsentForm, ConsentingParty, SharingScope};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{ConsentId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person agrees that information about them is shared (情報共有の同意). It covers what it names and nothing
/// else. Sources: S3, S4 (「YesもNoも言える環境」); domain.md §5.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// Its id.
    pub consent: ConsentId,
    /// What it covers.
    pub scope: SharingScope,
    /// Who agrees.
    pub by: ConsentingParty,
    /// From when, where that is not the day on which it was given.
    #[serde(default)]
    pub valid_from: Stated<NaiveDate>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
    /// In which form.
    #[serde(default)]
    pub method: Stated<ConsentForm>,
    /// Who explained it.
    pub explained_by: Vec<Party>,
    /// What was explained.
    #[serde(default)]
    pub explained: Stated<Personal<String>>,
}

impl Payload for ConsentGiven {
    const NAME: &'static str = "ConsentGiven";

    fn label(&self) -> Cow<'_, str> {
        "情報共有の同意".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![self.by.party()]
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.scope.with.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let until = self.valid_to.value().map(|day| format!("・{}まで", day.format("%Y-%m-%d")));
        Some(format!("{}{}{}", self.scope.line(), until.unwrap_or_default(), self.by.note()).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Consent(&self.consent))
    }

    fn sample() -> Self {
        Self {
            consent: id("haru:c1"),
            scope: super::scope::sample(),
            by: ConsentingParty::Person,
            valid_from: Stated::NotRecorded,
            valid_to: Stated::NotRecorded,
            method: Stated::Value(ConsentForm::Signature),
            explained_by: vec![consultant()],
            explained: stated("ハルさんと支援者みんなが連携するため"),
        }
    }
}

impl Admit for ConsentGiven {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        self.scope.check()?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::consent::InformationClass;
    use crate::case::spec::{event, given, given_nothing, told};
    use banso_kernel::Relation;

    fn consented() -> ConsentGiven {
        ConsentGiven::sample()
    }

    #[test]
    fn a_consent_is_admitted() {
        given_nothing().when(told(consented())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(consented())]).when(told(consented()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn somebody_of_the_family_agrees_about_themselves() {
        let sister = Party::Informal { label: "妹".into(), relation: Relation::Sibling };
        let by = ConsentingParty::AboutThemselves { party: sister };
        given([told(consented())])
            .when(told(ConsentGiven { consent: id("haru:c2"), by, ..consented() }))
            .admits();
    }

    #[test]
    fn another_scope_under_a_used_id_is_refused() {
        let scope = SharingScope { classes: vec![InformationClass::Money], ..consented().scope };
        given([told(consented())])
            .when(told(ConsentGiven { scope, ..consented() }))
            .refuses(Refusal::IdAlreadyUsed { what: "consent", by: event(1) });
    }

    #[test]
    fn a_consent_of_another_person_is_refused() {
        given_nothing()
            .when(told(ConsentGiven { consent: id("aki:c1"), ..consented() }))
            .refuses(Refusal::ForeignReference("consent"));
    }

    #[test]
    fn a_consent_to_share_with_nobody_is_refused() {
        let scope = SharingScope { with: Vec::new(), ..consented().scope };
        given_nothing()
            .when(told(ConsentGiven { scope, ..consented() }))
            .refuses(Refusal::Nobody("with or roles"));
    }

    #[test]
    fn a_consent_to_share_nothing_is_refused() {
        let scope = SharingScope { classes: Vec::new(), ..consented().scope };
        given_nothing().when(told(ConsentGiven { scope, ..consented() })).refuses(Refusal::Nobody("classes"));
    }
}
