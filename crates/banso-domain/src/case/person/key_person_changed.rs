use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::stated;
use banso_kernel::{Party, Personal, Relation, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody on whom the person's daily life rested came or went (支え手の変化): in three of the four cases
/// the loss or illness of the mother begins everything. Source: S0 p.29.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyPersonChanged {
    /// What they are to the person.
    pub relation: Relation,
    /// How the source calls them.
    pub label: Personal<String>,
    /// What changed.
    pub change: KeyPersonChange,
    /// Why or how.
    #[serde(default)]
    pub cause: Stated<Personal<String>>,
    /// Who is there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Party>,
}

labelled! {
    /// What became of somebody on whom the person relied.
    KeyPersonChange {
        Added = "新たに支え手となる",
        Lost = "亡くなる・いなくなる",
        Incapacitated = "支えられなくなる",
    }
}

impl Payload for KeyPersonChanged {
    const NAME: &'static str = "KeyPersonChanged";

    fn label(&self) -> Cow<'_, str> {
        "支え手の変化".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let cause = self.cause.value().map(|cause| format!("（{}）", cause.reveal())).unwrap_or_default();
        Some(format!("{}: {}{cause}", self.label.reveal(), self.change.label()).into())
    }

    fn sample() -> Self {
        Self {
            relation: Relation::Mother,
            label: "母".into(),
            change: KeyPersonChange::Lost,
            cause: stated("母が死去"),
            successor: None,
        }
    }
}

impl Admit for KeyPersonChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn mother_lost() -> KeyPersonChanged {
        KeyPersonChanged::sample()
    }

    #[test]
    fn the_loss_of_a_key_person_is_admitted() {
        given_nothing().when(told(mother_lost())).admits();
    }

    #[test]
    fn the_same_loss_from_a_second_recorder_is_a_repeat() {
        given([told(mother_lost())]).when(told(mother_lost()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_change_of_somebody_else_is_another_change() {
        let sister = KeyPersonChanged {
            relation: Relation::Sibling,
            label: "妹".into(),
            change: KeyPersonChange::Added,
            cause: Stated::NotRecorded,
            successor: None,
        };
        given([told(mother_lost())]).when(told(sister)).admits();
    }
}
