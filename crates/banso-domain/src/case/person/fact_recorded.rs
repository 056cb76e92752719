use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{FactId, Party, Personal, UnknownId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something that somebody observed, heard or measured (わかったこと), with where it comes from. When it was
/// so is the event's date; who wrote it down is the recorder. Sources: S1 (11 domains), S3 (quality).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactRecorded {
    /// Its id.
    pub fact: FactId,
    /// Of which part of life.
    pub domain: FactDomain,
    /// The fact.
    pub statement: Personal<String>,
    /// Whether it is a strength, a need or neither.
    pub polarity: Polarity,
    /// Who says so.
    pub told_by: Party,
    /// What kind of source that is.
    pub source: SourceKind,
    /// How the source knows.
    pub basis: FactBasis,
    /// The instrument and its result, as in 「長谷川式 14点」.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Personal<String>>,
    /// What was not known before and is answered by it (わからないこと).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<UnknownId>,
}

labelled! {
    /// A part of life (生活領域): the eleven of S1, and the lenses of S0.
    FactDomain {
        Housing = "住まい",
        DailyLife = "日常生活",
        DaytimeActivity = "日中活動",
        Health = "健康",
        Money = "金銭面",
        Pastime = "趣味",
        Confidant = "相談相手",
        Relationships = "対人関係",
        Safety = "安全",
        FamilyWishes = "家族の希望",
        Community = "地域の状況",
        Illness = "病状",
        Symptoms = "症状",
        LifeStory = "人生",
        Entitlements = "制度",
    }
}

labelled! {
    /// Which way a fact points.
    Polarity {
        Strength = "ストレングス",
        Need = "ニーズ",
        Neutral = "どちらでもない",
    }
}

labelled! {
    /// The kind of source (情報源).
    SourceKind {
        Person = "本人",
        Family = "家族",
        Professional = "専門職",
        Data = "データ",
        Community = "地域",
        Hearsay = "伝聞",
    }
}

labelled! {
    /// How a source knows.
    FactBasis {
        PersonsWords = "本人の言葉",
        Observation = "観察",
        Data = "データ",
        Hearsay = "伝聞",
    }
}

impl Payload for FactRecorded {
    const NAME: &'static str = "FactRecorded";

    fn label(&self) -> Cow<'_, str> {
        "わかったこと".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.told_by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let instrument = self.instrument.as_ref().map(|i| format!(" {}", i.reveal())).unwrap_or_default();
        let line = format!(
            "{}{instrument}（{}・{}）",
            self.statement.reveal(),
            self.domain.label(),
            self.basis.label()
        );
        Some(line.into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Fact(&self.fact))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.answers.iter().map(Thing::Unknown).collect()
    }

    fn sample() -> Self {
        Self {
            fact: id("haru:f1"),
            domain: FactDomain::Health,
            statement: "通院も途絶えている".into(),
            polarity: Polarity::Need,
            told_by: Party::Unnamed { label: "地域".into() },
            source: SourceKind::Community,
            basis: FactBasis::Hearsay,
            instrument: None,
            answers: Vec::new(),
        }
    }
}

impl Admit for FactRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::EventRetracted;
    use crate::case::spec::{event, given, given_nothing, told};

    fn fact() -> FactRecorded {
        FactRecorded::sample()
    }

    fn otherwise() -> FactRecorded {
        FactRecorded { statement: "外出する様子がない".into(), ..fact() }
    }

    #[test]
    fn a_fact_is_admitted() {
        given_nothing().when(told(fact())).admits();
    }

    #[test]
    fn the_same_fact_from_a_second_recorder_is_a_repeat() {
        given([told(fact())]).when(told(fact()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_third_record_repeats_the_first_not_the_second() {
        given([told(fact()), told(fact()).repeating(1)]).when(told(fact())).repeats(1);
    }

    #[test]
    fn another_statement_under_a_used_id_is_refused() {
        given([told(fact())])
            .when(told(otherwise()))
            .refuses(Refusal::IdAlreadyUsed { what: "fact", by: event(1) });
    }

    #[test]
    fn a_fact_of_another_person_is_refused() {
        given_nothing()
            .when(told(FactRecorded { fact: id("aki:f1"), ..fact() }))
            .refuses(Refusal::ForeignReference("fact"));
    }

    #[test]
    fn a_correction_with_changed_content_is_admitted() {
        given([told(fact())]).when(told(otherwise()).correcting(1)).admits();
    }

    #[test]
    fn after_a_correction_the_corrected_words_are_what_is_repeated() {
        given([told(fact()), told(otherwise()).correcting(1)]).when(told(otherwise())).repeats(1);
    }

    #[test]
    fn the_id_of_a_retracted_fact_may_be_used_again() {
        let retracted = EventRetracted { event: event(1), reason: "別の方の記録でした".into() };
        given([told(fact()), told(retracted)]).when(told(otherwise())).admits();
    }
}
