use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// 地域移行支援 or 地域定着支援 ends (支援の終了), or a stay of whose discharge nothing more is recorded. That the
/// person is no longer supported at all is an event of its own. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeEnded {
    /// What ends.
    pub episode: EpisodeId,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
}

impl Payload for EpisodeEnded {
    const NAME: &'static str = "EpisodeEnded";

    fn label(&self) -> Cow<'_, str> {
        "支援期間の終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().cloned()
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Episode(&self.episode)]
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:transition1"),
            reason: stated("退院後の生活支援や、医療継続の支援体制が確認できた"),
            by: vec![consultant()],
        }
    }
}

impl Admit for EpisodeEnded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn ended() -> EpisodeEnded {
        EpisodeEnded::sample()
    }

    #[test]
    fn an_end_is_admitted_before_the_beginning() {
        given_nothing().when(told(ended())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(ended())]).when(told(ended()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_end_told_with_another_reason_is_admitted_beside_the_first() {
        given([told(ended())]).when(told(EpisodeEnded { reason: Stated::NotRecorded, ..ended() })).admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(EpisodeEnded { episode: id("aki:x1"), ..ended() }))
            .refuses(Refusal::ForeignReference("episode"));
    }
}
