use super::Registry;
use crate::Refusal;
use crate::case::introduces;
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
        introduces("actor", registry.reference.told_actor(&self.actor, &self.org), self)
    }
}
