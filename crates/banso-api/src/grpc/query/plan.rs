//! `banso.v1.QueryService/GetPlan`.

use super::asked;
use super::shown::{as_of, moment, parties, party, personal, stated};
use crate::problem::Problem;
use banso_app::App;
use banso_app::views::current_plan::{
    ConsentShown, CurrentPlanShown, HeaderShown, NonWeeklyShown, PlanItemShown, PlanShown,
    PlannedServiceShown, SlotShown, Stage, WeekShown,
};
use banso_proto::v1::{
    Consent, Days, GetPlanRequest, GetPlanResponse, NonWeekly, Plan, PlanHeader, PlanItem, PlanStage,
    PlannedService, TimesPer, WeeklySchedule, WeeklySlot,
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
        consented,
        finalised,
        effective_from,
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
        items: items.into_iter().map(item).collect(),
        weekly: weekly.map(week),
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
    }
}

fn item(row: PlanItemShown) -> PlanItem {
    let PlanItemShown {
        item,
        priority,
        need,
        goal,
        due,
        due_after,
        services,
        person_role,
        evaluation,
        evaluation_after,
        remarks,
    } = row;
    PlanItem {
        item: item.to_string(),
        priority: stated(priority),
        need: need.reveal().clone(),
        goal: personal(goal),
        due: stated(due),
        due_after,
        services: services.into_iter().map(service).collect(),
        person_role: personal(person_role),
        evaluation: stated(evaluation),
        evaluation_after,
        remarks: personal(remarks),
    }
}

fn service(service: PlannedServiceShown) -> PlannedService {
    let PlannedServiceShown { kind, content, frequency, times, provider, supporter, telephone } = service;
    PlannedService {
        kind,
        content: personal(content),
        frequency: stated(frequency),
        times: times.map(|often| TimesPer { times: often.times, per: often.per }),
        provider: provider.map(party),
        supporter: supporter.map(party),
        telephone: personal(telephone),
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
