use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{day, id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, EpisodeId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// 地域移行支援 or 地域定着支援 goes on beyond its term (支援期間の延長・更新). Source: domain.md §3.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeExtended {
    /// The support.
    pub episode: EpisodeId,
    /// Until when from now on.
    pub until: NaiveDate,
    /// What it was granted on this time: an extension rests on a decision of its own.
    #[serde(default)]
    pub decision: Stated<EntitlementId>,
    /// Who extended it.
    pub by: Party,
}

impl Payload for EpisodeExtended {
    const NAME: &'static str = "EpisodeExtended";

    fn label(&self) -> Cow<'_, str> {
        "支援期間の延長".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let decision = if self.decision.value().is_some() { "" } else { "（決定の記載なし）" };
        Some(format!("{} まで{decision}", self.until).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        let decision = self.decision.value().map(Thing::Grant);
        std::iter::once(Thing::Episode(&self.episode)).chain(decision).collect()
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:settlement1"),
            until: day("2027-08-31"),
            decision: Stated::Value(id("haru:e3")),
            by: welfare_officer(),
        }
    }
}

impl Admit for EpisodeExtended {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn extended() -> EpisodeExtended {
        EpisodeExtended::sample()
    }

    #[test]
    fn an_extension_is_admitted_before_the_support_and_the_decision() {
        given_nothing().when(told(extended())).admits();
    }

    #[test]
    fn an_extension_without_a_decision_is_admitted_and_its_line_says_so() {
        let without = EpisodeExtended { decision: Stated::NotRecorded, ..extended() };
        assert_eq!(without.detail().unwrap().reveal(), "2027-08-31 まで（決定の記載なし）");
        given_nothing().when(told(without)).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(extended())]).when(told(extended()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_later_end_is_another_extension() {
        given([told(extended())])
            .when(told(EpisodeExtended { until: "2028-08-31".parse().unwrap(), ..extended() }))
            .admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(EpisodeExtended { episode: id("aki:x1"), ..extended() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn a_decision_about_another_person_is_refused() {
        given_nothing()
            .when(told(EpisodeExtended { decision: Stated::Value(id("aki:e1")), ..extended() }))
            .refuses(Refusal::ForeignReference("grant"));
    }
}
