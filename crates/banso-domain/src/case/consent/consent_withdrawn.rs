use super::{ConsentingParty, InformationClass, labels};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{ConsentId, Party, Personal, Role, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person takes a consent back, all or part of it (情報共有の同意の撤回). Nothing is read by it any more; what
/// was shared before stays recorded. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// The consent.
    pub consent: ConsentId,
    /// How much of it.
    pub scope: WithdrawnScope,
    /// Who takes it back.
    pub by: ConsentingParty,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

/// How much of a consent is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawnScope {
    /// All of it.
    All,
    /// It goes on without these parties, roles and classes of information.
    Without {
        /// Parties.
        #[serde(default)]
        with: Vec<Party>,
        /// Roles.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roles: Vec<Role>,
        /// Classes of information.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        classes: Vec<InformationClass>,
    },
}

impl Payload for ConsentWithdrawn {
    const NAME: &'static str = "ConsentWithdrawn";

    fn label(&self) -> Cow<'_, str> {
        "情報共有の同意の撤回".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![self.by.party()]
    }

    fn counterparts(&self) -> Vec<&Party> {
        match &self.scope {
            WithdrawnScope::All => Vec::new(),
            WithdrawnScope::Without { with, .. } => with.iter().collect(),
        }
    }

    fn detail(&self) -> Option<Personal<String>> {
        let scope = match &self.scope {
            WithdrawnScope::All => "すべて".to_owned(),
            WithdrawnScope::Without { roles, classes, .. } => {
                let roles = roles.iter().map(|role| role.label().to_owned());
                let classes = (!classes.is_empty()).then(|| labels(classes));
                let parts: Vec<_> = roles.chain(classes).collect();
                if parts.is_empty() {
                    "一部".to_owned()
                } else {
                    format!("一部（{}）", parts.join("・"))
                }
            }
        };
        let reason = self.reason.value().map(|reason| format!(": {}", reason.reveal())).unwrap_or_default();
        Some(format!("{scope}{}{reason}", self.by.note()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Consent(&self.consent)]
    }

    fn sample() -> Self {
        Self {
            consent: id("haru:c1"),
            scope: WithdrawnScope::All,
            by: ConsentingParty::Person,
            reason: Stated::NotRecorded,
        }
    }
}

impl Admit for ConsentWithdrawn {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if let WithdrawnScope::Without { with, roles, classes } = &self.scope
            && with.is_empty()
            && roles.is_empty()
            && classes.is_empty()
        {
            return Err(Refusal::Nobody("with, roles or classes"));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::consent::ConsentGiven;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::hospital;

    fn withdrawn() -> ConsentWithdrawn {
        ConsentWithdrawn::sample()
    }

    fn without(with: Vec<Party>, roles: Vec<Role>, classes: Vec<InformationClass>) -> ConsentWithdrawn {
        ConsentWithdrawn { scope: WithdrawnScope::Without { with, roles, classes }, ..withdrawn() }
    }

    #[test]
    fn a_consent_may_be_taken_back() {
        given([told(ConsentGiven::sample())]).when(told(withdrawn())).admits();
    }

    #[test]
    fn a_withdrawal_is_admitted_before_the_consent() {
        given_nothing().when(told(withdrawn())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(withdrawn())]).when(told(withdrawn()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn part_of_a_consent_may_be_taken_back_before_all_of_it() {
        given([told(without(vec![hospital()], Vec::new(), Vec::new()))]).when(told(withdrawn())).admits();
    }

    #[test]
    fn the_line_of_the_timeline_says_how_much() {
        let line = |withdrawn: ConsentWithdrawn| withdrawn.detail().map(|line| line.reveal().clone());
        assert_eq!(line(withdrawn()).as_deref(), Some("すべて"));
        assert_eq!(line(without(vec![hospital()], Vec::new(), Vec::new())).as_deref(), Some("一部"));
        let doctors = vec![Role::AttendingDoctor];
        let part = without(Vec::new(), doctors, vec![InformationClass::Money]);
        assert_eq!(line(part).as_deref(), Some("一部（主治医・家計）"));
    }

    #[test]
    fn a_part_that_is_nothing_is_refused() {
        given_nothing()
            .when(told(without(Vec::new(), Vec::new(), Vec::new())))
            .refuses(Refusal::Nobody("with, roles or classes"));
    }

    #[test]
    fn the_consent_of_another_person_is_refused() {
        given_nothing()
            .when(told(ConsentWithdrawn { consent: id("aki:c1"), ..withdrawn() }))
            .refuses(Refusal::ForeignReference("consent"));
    }
}
