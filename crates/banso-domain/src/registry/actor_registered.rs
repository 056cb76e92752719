use super::Registry;
use super::reference::registers;
use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use banso_kernel::{ActorId, OrgId, Party, Personal, Role, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody acts for an organisation (担当者の登録). Source: domain.md §5.1 (registry).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorRegistered {
    /// Their id.
    pub actor: ActorId,
    /// The organisation.
    pub org: OrgId,
    /// In which capacity.
    pub role: Role,
    /// Their name.
    #[serde(default)]
    pub name: Stated<Personal<String>>,
}

impl Payload for ActorRegistered {
    const NAME: &'static str = "ActorRegistered";

    fn label(&self) -> Cow<'_, str> {
        "担当者の登録".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.role.label().into())
    }

    fn sample() -> Self {
        Self {
            actor: id("consultant"),
            org: id("c-soudan"),
            role: Role::ConsultationSupportSpecialist,
            name: Stated::NotRecorded,
        }
    }
}

impl Admit<Registry> for ActorRegistered {
    fn admit(&self, registry: &Registry) -> Result<Admission, Refusal> {
        registers("actor", registry.rules().registered_actor(&self.actor, &self.org), self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::registry::OrgRegistered;
    use crate::registry::spec::{event, given, told};

    fn actor() -> ActorRegistered {
        ActorRegistered::sample()
    }

    #[test]
    fn somebody_is_registered_before_their_organisation() {
        given([]).when(told(actor())).admits();
    }

    #[test]
    fn the_same_registration_again_is_a_repeat() {
        given([told(actor())]).when(told(actor())).repeats(1);
    }

    #[test]
    fn another_role_in_the_same_organisation_is_refused() {
        given([told(actor())])
            .when(told(ActorRegistered { role: Role::Coordinator, ..actor() }))
            .refuses(Refusal::IdAlreadyUsed { what: "actor", by: event(1) });
    }

    #[test]
    fn a_role_changes_by_correction() {
        given([told(actor())])
            .when(told(ActorRegistered { role: Role::Coordinator, ..actor() }).correcting(1))
            .admits();
    }

    #[test]
    fn somebody_may_act_for_two_organisations() {
        given([told(actor())]).when(told(ActorRegistered { org: id("kikan"), ..actor() })).admits();
    }

    #[test]
    fn a_registration_is_not_corrected_by_one_of_another_type() {
        given([told(OrgRegistered::sample())])
            .when(told(actor()).correcting(1))
            .refuses(Refusal::OtherType("banso.OrgRegistered.v1".to_owned()));
    }
}
