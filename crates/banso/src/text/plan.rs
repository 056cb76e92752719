//! The current plan on a terminal.

use super::{as_of, display, moment, names, plain, stated};
use banso_views::current_plan::{CurrentPlanShown, PlanItemShown, PlanShown, PlannedServiceShown, WeekShown};
use std::fmt::Write;

pub(crate) fn text(shown: &CurrentPlanShown) -> String {
    let mut out = format!("━━ 現在の計画\n   {}", as_of(&shown.as_of));
    if shown.plans.is_empty() {
        out.push_str("\n   計画は記録されていません。\n");
    }
    for plan in &shown.plans {
        out.push('\n');
        // Writing to a String does not fail.
        let _ = write_plan(&mut out, plan);
    }
    out
}

fn write_plan(out: &mut String, plan: &PlanShown) -> std::fmt::Result {
    writeln!(out, "■ {}（{}・第{}版）", plan.kind, plan.stage.label(), plan.revision)?;
    let header = &plan.header;
    writeln!(out, "   利用者氏名       {}", stated(&header.person_name, |name| plain(name.reveal())))?;
    writeln!(out, "   障害支援区分     {}", display(&header.support_category))?;
    writeln!(out, "   事業者・作成者   {}・{}", plain(plan.organisation.name.reveal()), names(&plan.author))?;
    let number =
        |no: &banso_kernel::Stated<banso_kernel::Personal<String>>| stated(no, |no| plain(no.reveal()));
    writeln!(
        out,
        "   受給者証番号     障害福祉サービス{}・地域相談支援{}・通所{}",
        number(&header.certificate_no),
        number(&header.regional_certificate_no),
        number(&header.child_certificate_no)
    )?;
    writeln!(out, "   負担上限額       {}", stated(&header.copay_cap_yen, |yen| format!("{yen}円")))?;
    writeln!(out, "   計画作成日       {}", display(&header.created_on))?;
    writeln!(out, "   モニタリング期間 {}", display(&header.monitoring))?;
    let signed = stated(&header.signed, |signed| if *signed { "署名あり" } else { "署名なし" }.to_owned());
    writeln!(out, "   利用者同意署名欄 {signed}")?;
    writeln!(out, "   作成             {}", moment(&plan.drafted))?;
    if let Some(submitted) = &plan.submitted {
        writeln!(out, "   市への提出       {}", moment(submitted))?;
    }
    if let Some(consent) = &plan.consented {
        let method = display(&consent.method);
        writeln!(
            out,
            "   同意             {}・{}・第{}版・方法: {method}",
            moment(&consent.at),
            consent.by,
            consent.revision
        )?;
    }
    if let Some(finalised) = &plan.finalised {
        let from = plan.effective_from.map(|from| format!("・{from} から")).unwrap_or_default();
        writeln!(out, "   確定             {}{from}", moment(finalised))?;
    }
    writeln!(out)?;
    for (label, value) in [
        ("本人の意向", &plan.wish),
        ("家族の意向", &plan.family_wish),
        ("総合的な援助の方針", &plan.policy),
        ("長期目標", &plan.long_term_goal),
        ("短期目標", &plan.short_term_goal),
    ] {
        writeln!(out, "   {label}: {}", stated(value, |text| plain(text.reveal())))?;
    }
    for item in &plan.items {
        writeln!(out)?;
        write_item(out, item)?;
    }
    if let Some(week) = &plan.weekly {
        writeln!(out)?;
        write_week(out, week)?;
    }
    Ok(())
}

fn write_item(out: &mut String, item: &PlanItemShown) -> std::fmt::Result {
    let priority = stated(&item.priority, |priority| format!("優先順位 {priority}"));
    writeln!(out, "   【{priority}】{}", plain(item.need.reveal()))?;
    writeln!(out, "      支援目標   {}", stated(&item.goal, |goal| plain(goal.reveal())))?;
    writeln!(out, "      達成時期   {}・評価時期 {}", display(&item.due), display(&item.evaluation))?;
    for service in &item.services {
        writeln!(out, "      サービス   {}", service_line(service))?;
    }
    writeln!(out, "      本人の役割 {}", stated(&item.person_role, |role| plain(role.reveal())))?;
    writeln!(out, "      留意事項   {}", stated(&item.remarks, |remarks| plain(remarks.reveal())))
}

fn service_line(service: &PlannedServiceShown) -> String {
    let mut line = plain(&service.kind);
    if let Some(frequency) = service.frequency.value() {
        line = format!("{line}、{}", plain(frequency));
    }
    if let Some(content) = service.content.value() {
        line = format!("{line}、{}", plain(content.reveal()));
    }
    let provider = service.provider.as_ref();
    let provider = provider.map_or(super::NOT_RECORDED.to_owned(), |provider| plain(provider.name.reveal()));
    line = format!("{line} ／ 提供事業者 {provider}");
    if let Some(supporter) = &service.supporter {
        line = format!("{line}（{}）", plain(supporter.name.reveal()));
    }
    if let Some(telephone) = service.telephone.value() {
        line = format!("{line} 電話 {}", plain(telephone.reveal()));
    }
    line
}

fn write_week(out: &mut String, week: &WeekShown) -> std::fmt::Result {
    writeln!(out, "   週間計画表（開始 {}）", display(&week.starts_on))?;
    for slot in week.grid.iter().chain(&week.unplaced) {
        writeln!(out, "      {} {}", plain(slot.activity.reveal()), plain(&slot.text))?;
    }
    let activities: Vec<String> =
        week.main_activities.iter().map(|activity| plain(activity.reveal())).collect();
    writeln!(out, "      主な日常生活上の活動: {}", activities.join("／"))?;
    let services: Vec<String> = week
        .non_weekly
        .iter()
        .map(|service| format!("{} {}", plain(service.activity.reveal()), display(&service.frequency)))
        .collect();
    writeln!(out, "      週単位以外のサービス: {}", services.join("／"))?;
    writeln!(out, "      生活の全体像: {}", stated(&week.whole_picture, |picture| plain(picture.reveal())))
}
