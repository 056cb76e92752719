use super::form::{NonWeekly, PlanHeader, PlanItem, PlannedService, WeeklySchedule, WeeklySlot};
use super::limits::{check_items, check_texts, check_week};
use crate::Refusal;
use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use crate::{Frequency, Term};
use banso_kernel::{Party, Personal, PlanId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A plan is written down for the first time (計画案の作成): revision 1, not yet in force.
/// Source: S0 pp.17-18 (forms F1, F2), S1, S4 (F3, F4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanDrafted {
    /// Its id, kept through all revisions.
    pub plan: PlanId,
    /// Which kind of plan.
    pub kind: PlanKind,
    /// Who wrote it (計画作成担当者).
    pub author: Vec<Party>,
    /// The author's organisation (相談支援事業者名).
    pub organisation: Party,
    /// The head of the form.
    #[serde(default)]
    pub header: PlanHeader,
    /// 利用者及びその家族の生活に対する意向（希望する生活）: the person's part
    #[serde(default)]
    pub wish: Stated<Personal<String>>,
    /// The same: the family's part, kept apart
    #[serde(default)]
    pub family_wish: Stated<Personal<String>>,
    /// 総合的な援助の方針
    #[serde(default)]
    pub policy: Stated<Personal<String>>,
    /// 長期目標; in F3 到達目標（長期）
    #[serde(default)]
    pub long_term_goal: Stated<Personal<String>>,
    /// 短期目標; in F3 到達目標（短期）
    #[serde(default)]
    pub short_term_goal: Stated<Personal<String>>,
    /// The rows.
    #[serde(default)]
    pub items: Vec<PlanItem>,
    /// 週間計画表
    #[serde(default)]
    pub weekly: Stated<WeeklySchedule>,
}

labelled! {
    /// The kinds of plan. The first three are total plans (設計図), of which a person has one; the others carry out
    /// parts of it (施工図).
    PlanKind {
        ServiceUse = "サービス等利用計画",
        ChildServiceUse = "障害児支援利用計画",
        SelfPlan = "セルフプラン",
        IndividualSupport = "個別支援計画",
        HomeCare = "居宅介護計画",
        Transition = "地域移行支援計画",
        PostDischarge = "退院後支援計画",
        Ltc = "ケアプラン",
    }
}

impl PlanKind {
    /// Whether every provider writes one of its own, so that several hold at once.
    pub fn is_of_each_provider(self) -> bool {
        match self {
            Self::IndividualSupport | Self::HomeCare => true,
            Self::ServiceUse
            | Self::ChildServiceUse
            | Self::SelfPlan
            | Self::Transition
            | Self::PostDischarge
            | Self::Ltc => false,
        }
    }
}

impl Payload for PlanDrafted {
    const NAME: &'static str = "PlanDrafted";

    fn label(&self) -> Cow<'_, str> {
        "計画案の作成".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.author.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let rows = match self.items.len() {
            0 => String::new(),
            rows => format!("（{rows}件の課題）"),
        };
        Some(format!("{}{rows}", self.kind.label()).into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Plan(&self.plan))
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            kind: PlanKind::ServiceUse,
            author: vec![consultant()],
            organisation: Party::Org(id("c-soudan")),
            header: PlanHeader { person_name: stated("ハルさん"), ..PlanHeader::default() },
            wish: stated("母の介護が大変だったけど、やり遂げられてよかった。"),
            family_wish: Stated::NotRecorded,
            policy: stated(
                "ハルさんと支援者みんなが連携し、取り組みたいことをひとつずつ取り組んでいける体制を作ります。",
            ),
            long_term_goal: Stated::NotRecorded,
            short_term_goal: Stated::NotRecorded,
            items: vec![sample_item()],
            weekly: Stated::Value(sample_week()),
        }
    }
}

pub(super) fn sample_item() -> PlanItem {
    PlanItem {
        item: id("1"),
        priority: 1.into(),
        need: stated("母と一緒に行っていた時のように料理がしたい。教えてもらいたい。"),
        goal: stated("作りたい料理を一緒に楽しく作ります。"),
        due: Term::from("1年").into(),
        services: vec![PlannedService {
            kind: ServiceKind::HomeCare,
            content: Stated::NotRecorded,
            frequency: Frequency::from("週2回、1時間").into(),
            provider: Party::Org(id("a-kyotaku")),
            supporter: None,
            telephone: Stated::NotRecorded,
            contact: Stated::NotRecorded,
        }],
        person_role: stated("作りたいメニューを伝えます。前の日までに必要な材料を買っておきます。"),
        evaluation: Term::from("3ケ月").into(),
        remarks: Stated::NotRecorded,
        period: Stated::NotRecorded,
        support_content: Stated::NotRecorded,
        staff: Stated::NotRecorded,
    }
}

fn sample_week() -> WeeklySchedule {
    WeeklySchedule {
        starts_on: Stated::NotRecorded,
        slots: vec![WeeklySlot {
            days: Stated::NotRecorded,
            frequency: Frequency::from("週2回").into(),
            start: Stated::NotRecorded,
            end: Stated::NotRecorded,
            activity: "居宅介護：ヘルパー".into(),
            item: Some(id("1")),
        }],
        main_activities: vec!["散歩".into()],
        non_weekly: vec![NonWeekly {
            activity: "地域定着支援".into(),
            frequency: Frequency::from("月1回").into(),
        }],
        whole_picture: Stated::NotRecorded,
    }
}

impl Admit for PlanDrafted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        check_items(&self.items)?;
        check_week(self.weekly.value())?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs;
