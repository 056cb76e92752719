//! The forms of a plan, with every field of the papers: サービス等利用計画・障害児支援利用計画 (F1) and 週間計画表 (F2),
//! S0 pp.17-18; 個別支援計画書 (F3), S4 and S1; the short サービス等利用計画 (F4), S1. Which fields a paper has follows
//! from the plan's kind; a field that it does not have is not recorded. No text is longer than
//! [`PLAN_TEXT_CHARS_MAX`](super::PLAN_TEXT_CHARS_MAX) characters.

use crate::case::entitlement::SupportCategory;
use crate::case::service::ServiceKind;
use crate::payload::labelled;
use crate::{Frequency, Term};
use banso_kernel::{CertificateId, Party, Personal, PlanItemId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The head of the form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanHeader {
    /// 利用者氏名（児童氏名）
    #[serde(default)]
    pub person_name: Stated<Personal<String>>,
    /// 障害支援区分
    #[serde(default)]
    pub support_category: Stated<SupportCategory>,
    /// 障害福祉サービス受給者証番号
    #[serde(default)]
    pub certificate_no: Stated<Personal<CertificateId>>,
    /// 地域相談支援受給者証番号
    #[serde(default)]
    pub regional_certificate_no: Stated<Personal<CertificateId>>,
    /// 通所受給者証番号
    #[serde(default)]
    pub child_certificate_no: Stated<Personal<CertificateId>>,
    /// 利用者負担上限額, in yen a month
    #[serde(default)]
    pub copay_cap_yen: Stated<u32>,
    /// 計画作成日
    #[serde(default)]
    pub created_on: Stated<NaiveDate>,
    /// モニタリング期間（開始年月）
    #[serde(default)]
    pub monitoring: Stated<Term>,
    /// 利用者同意署名欄: whether the paper bears a signature. When and how is a `PlanConsented` of its own.
    #[serde(default)]
    pub signed: Stated<bool>,
    /// 事業名 (F3): the service for which a provider writes its plan.
    #[serde(default)]
    pub service: Stated<ServiceKind>,
    /// 期間 (F3): for how long the plan is made.
    #[serde(default)]
    pub period: Stated<Term>,
    /// 同意文言 (F3): the words under which the person signs.
    #[serde(default)]
    pub consent_words: Stated<Personal<String>>,
    /// 同意年月日 (F3), as it stands on the paper.
    #[serde(default)]
    pub consented_on: Stated<NaiveDate>,
    /// サービス管理責任者氏名（印） (F3): whether the paper bears the author's seal.
    #[serde(default)]
    pub author_signed: Stated<bool>,
}

/// A row of the form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItem {
    /// The row's id, kept through all revisions.
    pub item: PlanItemId,
    /// 優先順位, from 1; decided with the person.
    #[serde(default)]
    pub priority: Stated<u32>,
    /// 解決すべき課題（本人のニーズ）, in the person's words; F3 has none
    #[serde(default)]
    pub need: Stated<Personal<String>>,
    /// 支援目標; in F3 具体的到達目標
    #[serde(default)]
    pub goal: Stated<Personal<String>>,
    /// 達成時期
    #[serde(default)]
    pub due: Stated<Term>,
    /// 福祉サービス等 and 提供事業者名
    #[serde(default)]
    pub services: Vec<PlannedService>,
    /// 課題解決のための本人の役割
    #[serde(default)]
    pub person_role: Stated<Personal<String>>,
    /// 評価時期
    #[serde(default)]
    pub evaluation: Stated<Term>,
    /// その他留意事項
    #[serde(default)]
    pub remarks: Stated<Personal<String>>,
    /// 期間 (F4)
    #[serde(default)]
    pub period: Stated<Term>,
    /// 支援内容（内容・留意点等） (F3)
    #[serde(default)]
    pub support_content: Stated<Personal<String>>,
    /// 担当者 (F3)
    #[serde(default)]
    pub staff: Stated<Vec<Party>>,
}

/// A support named in a row: 種類・内容・量（頻度・時間）, and who gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedService {
    /// 種類; for somebody of the neighbourhood, who they are
    pub kind: ServiceKind,
    /// 内容
    #[serde(default)]
    pub content: Stated<Personal<String>>,
    /// 量（頻度・時間）
    #[serde(default)]
    pub frequency: Stated<Frequency>,
    /// 提供事業者名（担当者名・電話）
    pub provider: Party,
    /// Somebody named in the cell of the service who is no provider: 民生委員, a friend
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supporter: Option<Party>,
    /// 電話
    #[serde(default)]
    pub telephone: Stated<Personal<String>>,
    /// 担当者名, where the provider's cell names somebody without an account
    #[serde(default)]
    pub contact: Stated<Personal<String>>,
}

/// 週間計画表
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeeklySchedule {
    /// 計画開始年月, as its first day
    #[serde(default)]
    pub starts_on: Stated<NaiveDate>,
    /// The grid.
    pub slots: Vec<WeeklySlot>,
    /// 主な日常生活上の活動
    #[serde(default)]
    pub main_activities: Vec<Personal<String>>,
    /// 週単位以外のサービス
    #[serde(default)]
    pub non_weekly: Vec<NonWeekly>,
    /// サービス提供によって実現する生活の全体像
    #[serde(default)]
    pub whole_picture: Stated<Personal<String>>,
}

/// An entry of the grid, whose day and hour may not be recorded. Entries may overlap: two helpers at once (二人介護) are
/// two entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeeklySlot {
    /// On which days.
    #[serde(default)]
    pub days: Stated<Vec<Day>>,
    /// How often, where the days are not recorded.
    #[serde(default)]
    pub frequency: Stated<Frequency>,
    /// From when, `HH:MM:SS`.
    #[serde(default)]
    pub start: Stated<chrono::NaiveTime>,
    /// Until when, `HH:MM:SS`; not after `start` = on the next day.
    #[serde(default)]
    pub end: Stated<chrono::NaiveTime>,
    /// What.
    pub activity: Personal<String>,
    /// The row of the plan it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<PlanItemId>,
}

/// A service that does not come every week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NonWeekly {
    /// What.
    pub activity: Personal<String>,
    /// How often.
    #[serde(default)]
    pub frequency: Stated<Frequency>,
}

labelled! {
    /// A column of the grid; Sunday is also the column of holidays (日・祝).
    Day {
        Mon = "月",
        Tue = "火",
        Wed = "水",
        Thu = "木",
        Fri = "金",
        Sat = "土",
        Sun = "日・祝",
    }
}
