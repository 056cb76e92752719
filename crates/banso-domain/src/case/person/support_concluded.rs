use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{id, stated, welfare_officer};
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The support of the person as a whole comes to its end, is looked back upon, and leaves a door open (終了と事後
/// 評価). That a single support ends is another event. Source: S4 (the last step of ケアマネジメント).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportConcluded {
    /// Who concludes it.
    pub by: Vec<Party>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<ConclusionReason>,
    /// More about why.
    #[serde(default)]
    pub circumstances: Stated<Personal<String>>,
    /// What the supporters make of it in hindsight (事後評価).
    #[serde(default)]
    pub post_evaluation: Stated<Personal<String>>,
    /// What the person makes of it (本人の振り返り).
    #[serde(default)]
    pub person_view: Stated<Personal<String>>,
    /// To whom the person may come back (再開の連絡先).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub come_back_to: Option<Party>,
    /// How they are reached.
    #[serde(default)]
    pub come_back_how: Stated<Personal<String>>,
}

labelled! {
    /// Why support comes to an end (終了の理由).
    ConclusionReason {
        GoalsReached = "目標の達成",
        PersonsWish = "本人の希望",
        MovedAway = "転居",
        HandedOver = "他の機関への引き継ぎ",
        LongTermCareInsurance = "介護保険への移行",
        LongStay = "長期の入院・入所",
        Unreachable = "連絡がとれない",
        Death = "死亡",
        Other = "その他",
    }
}

impl Payload for SupportConcluded {
    const NAME: &'static str = "SupportConcluded";

    fn label(&self) -> Cow<'_, str> {
        "終了と事後評価".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.come_back_to.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map_or("理由の記載なし", |reason| reason.label());
        let evaluation = self.post_evaluation.value().map(|words| format!(": {}", words.reveal()));
        Some(format!("{reason}{}", evaluation.unwrap_or_default()).into())
    }

    fn sample() -> Self {
        Self {
            by: vec![welfare_officer()],
            reason: Stated::NotRecorded,
            circumstances: Stated::NotRecorded,
            post_evaluation: stated("好きなイラストを描いたりしながら安定し笑顔で過ごしている"),
            person_view: Stated::NotRecorded,
            come_back_to: Some(Party::Org(id("city"))),
            come_back_how: Stated::NotRecorded,
        }
    }
}

impl Admit for SupportConcluded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn concluded() -> SupportConcluded {
        SupportConcluded::sample()
    }

    #[test]
    fn a_conclusion_is_admitted() {
        given_nothing().when(told(concluded())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(concluded())]).when(told(concluded()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_second_conclusion_after_a_return_is_another_one() {
        given([told(concluded()).on("2025-04-01")]).when(told(concluded()).on("2025-05-01")).admits();
    }

    #[test]
    fn a_conclusion_without_an_evaluation_is_admitted() {
        let bare =
            SupportConcluded { post_evaluation: Stated::NotRecorded, come_back_to: None, ..concluded() };
        given_nothing().when(told(bare)).admits();
    }
}
