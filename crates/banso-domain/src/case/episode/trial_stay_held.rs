use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person spends a day or some nights outside, to try out the life to come (外泊・体験宿泊・外出同行). It begins
/// on the event's date. Source: domain.md §3.1 (地域移行支援: 体験利用), §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialStayHeld {
    /// The stay in hospital, or the support, during which it took place.
    #[serde(default)]
    pub episode: Stated<EpisodeId>,
    /// What was tried.
    pub kind: TrialKind,
    /// Where: home, a group home, a shop.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// Whose place it is, where an organisation let the person try it (体験先).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Party>,
    /// Who went along (同行).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accompanied_by: Vec<Party>,
    /// For how many nights; 0 = back on the same day.
    #[serde(default)]
    pub nights: Stated<u32>,
    /// What was seen, and what the person said of it.
    #[serde(default)]
    pub seen: Stated<Personal<String>>,
}

labelled! {
    /// What is tried outside.
    TrialKind {
        Overnight = "外泊",
        TrialStay = "体験宿泊",
        TrialUse = "日中の体験利用",
        Outing = "外出同行",
    }
}

impl Payload for TrialStayHeld {
    const NAME: &'static str = "TrialStayHeld";

    fn label(&self) -> Cow<'_, str> {
        self.kind.label().into()
    }

    fn doers(&self) -> Vec<&Party> {
        std::iter::once(&Party::Person).chain(&self.accompanied_by).collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.host.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let nights = match self.nights.value() {
            Some(0) => Some("日帰り".to_owned()),
            Some(nights) => Some(format!("{nights}泊")),
            None => None,
        };
        let said = |field: &Stated<Personal<String>>| field.value().map(|text| text.reveal().clone());
        let parts: Vec<String> =
            [said(&self.place), nights, said(&self.seen)].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("・").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.episode.value().map(Thing::Episode).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            episode: Stated::Value(id("haru:stay1")),
            kind: TrialKind::Overnight,
            place: stated("自宅"),
            host: None,
            accompanied_by: vec![consultant()],
            nights: 1.into(),
            seen: stated("作りたい料理を一緒に楽しく作りました。"),
        }
    }
}

impl Admit for TrialStayHeld {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn held() -> TrialStayHeld {
        TrialStayHeld::sample()
    }

    #[test]
    fn a_trial_is_admitted_before_the_stay_from_which_it_is_made() {
        given_nothing().when(told(held())).admits();
    }

    #[test]
    fn a_trial_from_home_is_admitted() {
        given_nothing().when(told(TrialStayHeld { episode: Stated::NotRecorded, ..held() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(held())]).when(told(held()).recorded_by("psw@hospital")).repeats(1);
    }

    #[test]
    fn the_same_on_another_day_is_another_trial() {
        given([told(held()).on("2025-05-01")]).when(told(held()).on("2025-05-08")).admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(TrialStayHeld { episode: Stated::Value(id("aki:x1")), ..held() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn the_line_says_where_for_how_long_and_what_was_seen() {
        let line = |held: TrialStayHeld| held.detail().map(|line| line.reveal().clone());
        let seen = Stated::NotRecorded;
        assert_eq!(line(TrialStayHeld { seen: seen.clone(), ..held() }).as_deref(), Some("自宅・1泊"));
        let day_trip = TrialStayHeld { nights: 0.into(), place: Stated::NotRecorded, seen, ..held() };
        assert_eq!(line(day_trip.clone()).as_deref(), Some("日帰り"));
        assert_eq!(line(TrialStayHeld { nights: Stated::NotRecorded, ..day_trip }), None);
    }
}
