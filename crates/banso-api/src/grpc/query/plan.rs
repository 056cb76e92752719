//! `banso.v1.QueryService/GetPlan`.

mod row;

use super::asked;
use super::shown::{as_of, moment, parties, party, personal, stated};
use crate::problem::Problem;
use banso_app::App;
use banso_app::views::current_plan::{
    ConsentShown, CurrentPlanShown, HeaderShown, NonWeeklyShown, PlanChangeShown, PlanClosureShown,
    PlanDeliveryShown, PlanRefusalShown, PlanRevisionShown, PlanShown, SlotShown, Stage, WeekShown,
};
use banso_proto::v1::{
    Consent, Days, GetPlanRequest, GetPlanResponse, NonWeekly, Plan, PlanChange, PlanClosure, PlanDelivery,
    PlanHeader, PlanRefusal, PlanRevision, PlanStage, WeeklySchedule, WeeklySlot,
};

pub(super) async fn plan(app: &App, request: GetPlanRequest) -> Result<GetPlanResponse, Problem> {
    let asked = asked(&request.person, request.valid_at.as_deref(), request.known_at.as_deref())?;
    let CurrentPlanShown { as_of: of, plans } = app.queries.plan(&asked.of, asked.at).await?;
    Ok(GetPlanResponse { as_of: Some(as_of(&of)), plans: plans.into_iter().map(shown).collect() })
}

// Every field is named, so that the compiler tells whoever adds one that it is missing here.

fn shown(plan: PlanShown) -> Plan {
    let PlanShown {
        plan,
        kind,
        stage,
        revision,
        author,
        organisation,
        drafted,
        submitted,
        revised,
        incomplete,
        consented,
        refused,
        finalised,
        effective_from,
        delivered,
        closed,
        header,
        wish,
        family_wish,
        policy,
        long_term_goal,
        short_term_goal,
        items,
        weekly,
    } = plan;
    let stage = match stage {
        Stage::Draft => PlanStage::Draft,
        Stage::Final => PlanStage::Final,
        Stage::Closed => PlanStage::Closed,
    };
    Plan {
        plan: plan.to_string(),
        kind,
        stage: stage.into(),
        revision,
        author: parties(author),
        organisation: Some(party(organisation)),
        drafted: Some(moment(drafted)),
        submitted: submitted.map(moment),
        consented: consented.map(consent),
        finalised: finalised.map(moment),
        effective_from: effective_from.map(|day| day.to_string()),
        header: Some(head(header)),
        wish: personal(wish),
        family_wish: personal(family_wish),
        policy: personal(policy),
        long_term_goal: personal(long_term_goal),
        short_term_goal: personal(short_term_goal),
        items: items.into_iter().map(row::item).collect(),
        weekly: weekly.map(week),
        revised: revised.map(changed),
        incomplete,
        refused: refused.map(refusal),
        delivered: delivered.into_iter().map(delivery).collect(),
        closed: closed.map(closure),
    }
}

fn changed(revision: PlanRevisionShown) -> PlanRevision {
    let PlanRevisionShown { at, by, reason, trigger, minor, changes } = revision;
    PlanRevision {
        at: Some(moment(at)),
        by: parties(by),
        reason: personal(reason),
        trigger: stated(trigger).map(|event| event.to_string()),
        minor: stated(minor),
        changes: changes.into_iter().map(change).collect(),
    }
}

fn change(change: PlanChangeShown) -> PlanChange {
    let PlanChangeShown { item, label, before, after } = change;
    PlanChange {
        item: item.map(|item| item.to_string()),
        label: label.to_owned(),
        before: before.map(|words| words.reveal().clone()),
        after: after.map(|words| words.reveal().clone()),
    }
}

fn refusal(refusal: PlanRefusalShown) -> PlanRefusal {
    let PlanRefusalShown { at, by, reason } = refusal;
    PlanRefusal { at: Some(moment(at)), by, reason: personal(reason) }
}

fn delivery(delivery: PlanDeliveryShown) -> PlanDelivery {
    let PlanDeliveryShown { at, to } = delivery;
    PlanDelivery { at: Some(moment(at)), to: parties(to) }
}

fn closure(closure: PlanClosureShown) -> PlanClosure {
    let PlanClosureShown { at, reason, words, superseded_by } = closure;
    PlanClosure {
        at: Some(moment(at)),
        reason: stated(reason),
        words: personal(words),
        superseded_by: superseded_by.map(|plan| plan.to_string()),
    }
}

fn consent(consent: ConsentShown) -> Consent {
    let ConsentShown { at, revision, by, method } = consent;
    Consent { at: Some(moment(at)), revision, by, method: stated(method) }
}

fn head(header: HeaderShown) -> PlanHeader {
    let HeaderShown {
        person_name,
        support_category,
        certificate_no,
        regional_certificate_no,
        child_certificate_no,
        copay_cap_yen,
        created_on,
        monitoring,
        signed,
        service,
        period,
        consent_words,
        consented_on,
        author_signed,
    } = header;
    PlanHeader {
        person_name: personal(person_name),
        support_category: stated(support_category),
        certificate_no: personal(certificate_no),
        regional_certificate_no: personal(regional_certificate_no),
        child_certificate_no: personal(child_certificate_no),
        copay_cap_yen: stated(copay_cap_yen),
        created_on: stated(created_on).map(|day| day.to_string()),
        monitoring: stated(monitoring),
        signed: stated(signed),
        service: stated(service),
        period: stated(period),
        consent_words: personal(consent_words),
        consented_on: stated(consented_on).map(|day| day.to_string()),
        author_signed: stated(author_signed),
    }
}

fn week(week: WeekShown) -> WeeklySchedule {
    let WeekShown { starts_on, grid, unplaced, main_activities, non_weekly, whole_picture } = week;
    WeeklySchedule {
        starts_on: stated(starts_on).map(|day| day.to_string()),
        grid: grid.into_iter().map(slot).collect(),
        unplaced: unplaced.into_iter().map(slot).collect(),
        main_activities: main_activities.iter().map(|activity| activity.reveal().clone()).collect(),
        non_weekly: non_weekly.into_iter().map(now_and_then).collect(),
        whole_picture: personal(whole_picture),
    }
}

fn slot(slot: SlotShown) -> WeeklySlot {
    let SlotShown { days, frequency, start, end, activity, item, text } = slot;
    WeeklySlot {
        days: stated(days).map(|days| Days { days }),
        frequency: stated(frequency),
        start: stated(start),
        end: stated(end),
        activity: activity.reveal().clone(),
        item: item.map(|item| item.to_string()),
        text,
    }
}

fn now_and_then(service: NonWeeklyShown) -> NonWeekly {
    let NonWeeklyShown { activity, frequency } = service;
    NonWeekly { activity: activity.reveal().clone(), frequency: stated(frequency) }
}
