use super::Registry;
use super::reference::registers;
use crate::Refusal;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use banso_kernel::{OrgId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An organisation takes part (機関の登録). Source: domain.md §1.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrgRegistered {
    /// Its id.
    pub org: OrgId,
    /// What kind of organisation.
    pub kind: OrgKind,
    /// Its name.
    pub name: String,
}

labelled! {
    /// The kinds of organisation (機関の種別).
    OrgKind {
        Municipality = "市区町村",
        CoreCenter = "基幹相談支援センター",
        Commissioned = "委託相談支援事業所",
        SpecifiedConsultation = "指定特定相談支援事業所",
        GeneralConsultation = "指定一般相談支援事業所",
        HomeCare = "居宅介護事業所",
        GroupHome = "共同生活援助事業所",
        EmploymentSupport = "就労支援事業所",
        PsychiatricHospital = "精神科病院",
        Clinic = "クリニック",
        VisitingNursing = "訪問看護ステーション",
        HealthCenter = "保健センター",
        PublicHealthCenter = "保健所",
        CommunityGeneralSupport = "地域包括支援センター",
        CommissionedWelfareVolunteers = "民生委員児童委員協議会",
    }
}

impl Payload for OrgRegistered {
    const NAME: &'static str = "OrgRegistered";

    fn label(&self) -> Cow<'_, str> {
        "機関の登録".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("{}（{}）", self.name, self.kind.label()).into())
    }

    fn sample() -> Self {
        Self {
            org: id("c-soudan"), kind: OrgKind::SpecifiedConsultation, name: "C相談支援事業所".to_owned()
        }
    }
}

impl Admit<Registry> for OrgRegistered {
    fn admit(&self, registry: &Registry) -> Result<Admission, Refusal> {
        registers("organisation", registry.rules().registered_org(&self.org), self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::EventRetracted;
    use crate::registry::spec::{event, given, told};

    fn org() -> OrgRegistered {
        OrgRegistered::sample()
    }

    fn renamed() -> OrgRegistered {
        OrgRegistered { name: "C相談支援センター".to_owned(), ..org() }
    }

    #[test]
    fn an_organisation_is_registered() {
        given([]).when(told(org())).admits();
    }

    #[test]
    fn the_same_organisation_again_is_a_repeat() {
        given([told(org())]).when(told(org())).repeats(1);
    }

    #[test]
    fn another_organisation_under_a_used_id_is_refused() {
        given([told(org())])
            .when(told(renamed()))
            .refuses(Refusal::IdAlreadyUsed { what: "organisation", by: event(1) });
    }

    #[test]
    fn a_name_changes_by_correction() {
        given([told(org())]).when(told(renamed()).correcting(1)).admits();
        given([told(org()), told(renamed()).correcting(1)]).when(told(renamed())).repeats(1);
    }

    #[test]
    fn a_correction_into_another_organisations_id_is_refused() {
        let other = OrgRegistered { org: id("d-hoken"), ..org() };
        given([told(org()), told(other.clone())])
            .when(told(OrgRegistered { kind: OrgKind::Clinic, ..other }).correcting(1))
            .refuses(Refusal::IdAlreadyUsed { what: "organisation", by: event(2) });
    }

    #[test]
    fn a_registration_may_be_taken_back_once() {
        let taken_back = || told(EventRetracted { event: event(1), reason: "二重の登録".into() });
        given([told(org())]).when(taken_back()).admits();
        given([told(org()), taken_back()]).when(taken_back()).repeats(2);
        given([told(org()), taken_back()]).when(told(renamed())).admits();
        given([]).when(taken_back()).refuses(Refusal::UnknownEvent(event(1)));
    }
}
