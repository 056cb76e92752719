use super::Gender;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use banso_kernel::{Party, Personal, Relation, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody of the family as the genogram draws them (家族構成), from the date of the event on. Relation and label
/// say who it is: told otherwise at a later date, something changed. Sources: S2 slide 8, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyMemberRecorded {
    /// What they are to the person (続柄).
    pub relation: Relation,
    /// How the source calls them: 「母」, 「妹」.
    pub label: Personal<String>,
    /// 性別
    #[serde(default)]
    pub gender: Stated<Gender>,
    /// 生年, of the common era.
    #[serde(default)]
    pub birth_year: Stated<Personal<u16>>,
    /// 年齢 in years on the day of the event, as the source gives it where the year of birth is not known.
    #[serde(default)]
    pub age: Stated<Personal<u8>>,
    /// Whether they live with the person (同居).
    #[serde(default)]
    pub lives_with_person: Stated<bool>,
    /// Whether they live.
    #[serde(default)]
    pub life: Stated<Life>,
    /// Who cares for whom.
    #[serde(default)]
    pub care: Stated<CareTie>,
}

/// Whether somebody lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// 存命
    Living,
    /// 死亡
    Died {
        /// When.
        #[serde(default)]
        on: Stated<NaiveDate>,
    },
}

labelled! {
    /// Who cares for whom (介護): in ハルさん's case it was the person who cared.
    CareTie {
        MainCarer = "主たる介護者",
        Carer = "介護者",
        CaredForByPerson = "本人が介護",
        None = "介護の関わりなし",
    }
}

impl Payload for FamilyMemberRecorded {
    const NAME: &'static str = "FamilyMemberRecorded";

    fn label(&self) -> Cow<'_, str> {
        "家族構成".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let mut about = Vec::new();
        about.extend(self.age.value().map(|age| format!("{}歳", age.reveal())));
        about.extend(self.birth_year.value().map(|year| format!("{}年生", year.reveal())));
        about.extend(
            self.lives_with_person.value().map(|with| if *with { "同居" } else { "別居" }.to_owned()),
        );
        about.extend(self.life.value().and_then(Life::line));
        about.extend(self.care.value().map(|care| care.label().to_owned()));
        let about = if about.is_empty() { String::new() } else { format!("（{}）", about.join("・")) };
        Some(format!("{}{about}", self.label.reveal()).into())
    }

    fn sample() -> Self {
        Self {
            relation: Relation::Sibling,
            label: "妹".into(),
            gender: Stated::Value(Gender::Female),
            birth_year: Stated::NotRecorded,
            age: Stated::Value(63.into()),
            lives_with_person: Stated::NotRecorded,
            life: Stated::Value(Life::Living),
            care: Stated::Value(CareTie::MainCarer),
        }
    }
}

impl Life {
    fn line(&self) -> Option<String> {
        match self {
            Self::Living => None,
            Self::Died { on } => {
                Some(on.value().map_or("死亡".to_owned(), |on| format!("死亡（{}）", on.format("%Y-%m-%d"))))
            }
        }
    }
}

impl Admit for FamilyMemberRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn sister() -> FamilyMemberRecorded {
        FamilyMemberRecorded::sample()
    }

    fn mother() -> FamilyMemberRecorded {
        FamilyMemberRecorded {
            relation: Relation::Mother,
            label: "母".into(),
            age: Stated::NotRecorded,
            life: Stated::Value(Life::Died { on: Stated::NotRecorded }),
            care: Stated::Value(CareTie::CaredForByPerson),
            ..sister()
        }
    }

    #[test]
    fn somebody_of_the_family_is_admitted() {
        given_nothing().when(told(sister())).admits();
        given([told(sister())]).when(told(mother())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(sister())]).when(told(sister()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn what_became_of_them_is_told_anew() {
        let moved_in = FamilyMemberRecorded { lives_with_person: Stated::Value(true), ..sister() };
        given([told(sister())]).when(told(moved_in)).admits();
    }

    #[test]
    fn the_line_of_the_timeline_says_what_is_known() {
        let line = |member: FamilyMemberRecorded| member.detail().map(|line| line.reveal().clone());
        assert_eq!(line(sister()).as_deref(), Some("妹（63歳・主たる介護者）"));
        assert_eq!(line(mother()).as_deref(), Some("母（死亡・本人が介護）"));
    }
}
