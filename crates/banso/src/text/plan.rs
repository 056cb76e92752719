//! The current plan on a terminal.

use super::{as_of, display, moment, names, plain, stated};
use banso_views::current_plan::{
    CurrentPlanShown, PlanChangeShown, PlanItemShown, PlanRevisionShown, PlanShown, PlannedServiceShown,
    WeekShown,
};
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
    if let Some(service) = header.service.value() {
        writeln!(out, "   事業名           {}", plain(service))?;
    }
    if let Some(period) = header.period.value() {
        writeln!(out, "   期間             {}", plain(period))?;
    }
    writeln!(out, "   作成             {}", moment(&plan.drafted))?;
    if plan.incomplete {
        writeln!(out, "   ※ これより前の版の記録がありません。変更の一部が反映されていません。")?;
    }
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
    if let Some(refused) = &plan.refused {
        let reason = stated(&refused.reason, |reason| plain(reason.reveal()));
        writeln!(out, "   同意なし         {}・{}・理由: {reason}", moment(&refused.at), refused.by)?;
    }
    if let Some(finalised) = &plan.finalised {
        let from = plan.effective_from.map(|from| format!("・{from} から")).unwrap_or_default();
        writeln!(out, "   確定             {}{from}", moment(finalised))?;
    }
    for delivery in &plan.delivered {
        writeln!(out, "   交付             {}・{}", moment(&delivery.at), names(&delivery.to))?;
    }
    if let Some(closed) = &plan.closed {
        let words = closed.words.value().map(|words| format!("・{}", plain(words.reveal())));
        let words = words.unwrap_or_default();
        writeln!(out, "   終了             {}・{}{words}", moment(&closed.at), display(&closed.reason))?;
    }
    if let Some(revised) = &plan.revised {
        write_revision(out, revised)?;
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

fn write_revision(out: &mut String, revised: &PlanRevisionShown) -> std::fmt::Result {
    let minor = if revised.minor.value() == Some(&true) { "（軽微な変更）" } else { "" };
    let reason = stated(&revised.reason, |reason| plain(reason.reveal()));
    writeln!(out, "   変更             {}{minor}・理由: {reason}", moment(&revised.at))?;
    for change in &revised.changes {
        writeln!(out, "      {}", change_line(change))?;
    }
    Ok(())
}

fn change_line(change: &PlanChangeShown) -> String {
    let item = change.item.as_ref().map(|item| format!("項目 {item} の")).unwrap_or_default();
    let words = |words: &banso_kernel::Personal<String>| plain(words.reveal());
    let change_words = match (change.before.as_ref().map(words), change.after.as_ref().map(words)) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) => format!("（なくなる）{before}"),
        (None, Some(after)) => format!("（加わる）{after}"),
        (None, None) => String::new(),
    };
    format!("{item}{}: {change_words}", change.label)
}

fn write_item(out: &mut String, item: &PlanItemShown) -> std::fmt::Result {
    let priority = stated(&item.priority, |priority| format!("優先順位 {priority}"));
    writeln!(out, "   【{priority}】{}", stated(&item.need, |need| plain(need.reveal())))?;
    writeln!(out, "      支援目標   {}", stated(&item.goal, |goal| plain(goal.reveal())))?;
    writeln!(out, "      達成時期   {}・評価時期 {}", display(&item.due), display(&item.evaluation))?;
    for service in &item.services {
        writeln!(out, "      サービス   {}", service_line(service))?;
    }
    writeln!(out, "      本人の役割 {}", stated(&item.person_role, |role| plain(role.reveal())))?;
    writeln!(out, "      留意事項   {}", stated(&item.remarks, |remarks| plain(remarks.reveal())))?;
    if let Some(period) = item.period.value() {
        writeln!(out, "      期間       {}", plain(period))?;
    }
    if let Some(content) = item.support_content.value() {
        writeln!(out, "      支援内容   {}", plain(content.reveal()))?;
    }
    if let Some(staff) = item.staff.value() {
        writeln!(out, "      担当者     {}", names(staff))?;
    }
    write_progress(out, item)
}

/// How a row is linked, and what became of it; nothing where nothing was recorded.
fn write_progress(out: &mut String, item: &PlanItemShown) -> std::fmt::Result {
    for link in &item.links {
        let arrow = if link.incoming { "←" } else { "→" };
        writeln!(out, "      連動       {arrow} {} 項目 {}（{}）", link.plan, link.item, link.relation)?;
    }
    for start in &item.started {
        let provider = plain(start.provider.name.reveal());
        writeln!(out, "      開始       {}・{provider}", moment(&start.at))?;
    }
    if let Some(ended) = &item.ended {
        let reason = stated(&ended.reason, |reason| plain(reason.reveal()));
        writeln!(out, "      終了       {}・理由: {reason}", moment(&ended.at))?;
    }
    if let Some(evaluated) = &item.evaluated {
        let view = stated(&evaluated.person_view, |view| format!("「{}」", plain(view.reveal())));
        let achievement = display(&evaluated.achievement);
        writeln!(out, "      評価       {}・{achievement}・本人: {view}", moment(&evaluated.at))?;
    }
    for report in &item.used {
        let unit = report.unit.value().map(String::as_str).unwrap_or_default();
        let provider = plain(report.provider.name.reveal());
        writeln!(out, "      利用状況   {} {}{unit}・{provider}", report.month, report.count)?;
    }
    Ok(())
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
    if let Some(contact) = service.contact.value() {
        line = format!("{line} 担当 {}", plain(contact.reveal()));
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
