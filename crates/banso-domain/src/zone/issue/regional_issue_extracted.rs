use crate::Refusal;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{IssueId, Party, Personal, Role, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody sees behind cases what the zone lacks (地域課題として整理). Source: S2 slides 6-9, step 3.
///
/// It names no case and gives no exact number of them; the theme is told however few there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionalIssueExtracted {
    /// Its id.
    pub issue: IssueId,
    /// What is missing, in words that name nobody.
    pub theme: Personal<String>,
    /// By what it showed.
    pub source: IssueSource,
    /// In about how many cases.
    #[serde(default)]
    pub cases: Stated<CaseCount>,
    /// Who says so.
    #[serde(default)]
    pub by: Vec<Party>,
}

labelled! {
    /// By what an issue showed.
    IssueSource {
        DeclinedReferral = "辞退理由",
        UnmetNeed = "未充足ニーズ",
        Waiting = "待機",
        Meeting = "会議",
        CaseReview = "事例検討",
    }
}

labelled! {
    /// In about how many cases; an exact number could lead to somebody.
    CaseCount {
        Few = "少数",
        FiveToNine = "5〜9件",
        TenOrMore = "10件以上",
    }
}

impl Payload for RegionalIssueExtracted {
    const NAME: &'static str = "RegionalIssueExtracted";

    fn label(&self) -> Cow<'_, str> {
        "地域課題として整理".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.theme.clone())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Issue(&self.issue))
    }

    fn sample() -> Self {
        Self {
            issue: id("area:i1"),
            theme: "在宅医療・介護との連携強化".into(),
            source: IssueSource::Meeting,
            cases: CaseCount::Few.into(),
            by: vec![Party::Actor {
                actor: id("mhwo"),
                org: id("city"),
                role: Role::MentalHealthWelfareOfficer,
            }],
        }
    }
}

impl Admit<Zone> for RegionalIssueExtracted {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        names_nobody("theme", &self.theme)?;
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{event, given, given_nothing, told};

    fn extracted() -> RegionalIssueExtracted {
        RegionalIssueExtracted { issue: id("haru:i1"), ..RegionalIssueExtracted::sample() }
    }

    #[test]
    fn what_is_missing_is_admitted_however_few_cases_show_it() {
        given_nothing().when(told(extracted())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(extracted())]).when(told(extracted()).recorded_by("officer@kikan")).repeats(1);
    }

    #[test]
    fn another_theme_under_the_same_id_is_refused() {
        given([told(extracted())])
            .when(told(RegionalIssueExtracted { theme: "家族支援".into(), ..extracted() }))
            .refuses(Refusal::IdAlreadyUsed { what: "issue", by: event(1) });
    }

    #[test]
    fn an_issue_of_another_zone_is_refused() {
        given_nothing()
            .when(told(RegionalIssueExtracted { issue: id("elsewhere:i1"), ..extracted() }))
            .refuses(Refusal::ForeignReference("issue"));
    }

    #[test]
    fn a_theme_with_somebodys_number_is_refused_in_every_spelling() {
        for theme in ["受給者証1234567の方の退院", "電話０３－１２３４－５６７", "090-1234の件"]
        {
            given_nothing()
                .when(told(RegionalIssueExtracted { theme: theme.into(), ..extracted() }))
                .refuses(Refusal::NamesSomebody("theme"));
        }
        for theme in ["65歳以上で20年来の長期入院", "2026年度、123456円", ""] {
            given_nothing()
                .when(told(RegionalIssueExtracted { theme: theme.into(), ..extracted() }))
                .admits();
        }
    }

    #[test]
    fn an_exact_number_of_cases_cannot_be_said() {
        let body = br#"{"issue":"area:i1","theme":"x","source":"waiting","cases":3}"#;
        assert!(crate::ZoneEvent::read(&RegionalIssueExtracted::event_type(), body).is_err());
    }
}
