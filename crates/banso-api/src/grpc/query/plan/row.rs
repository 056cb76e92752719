//! A row of a plan as a message.

use crate::grpc::query::shown::{moment, parties, party, personal, stated};
use banso_app::views::current_plan::{
    ItemEndShown, ItemEvaluationShown, ItemLinkShown, ItemStartShown, PlanItemShown, PlannedServiceShown,
    ServiceUsageShown,
};
use banso_proto::v1::{
    Parties, PlanItem, PlanItemEnd, PlanItemEvaluation, PlanItemLink, PlanItemStart, PlannedService,
    ServiceUsage, TimesPer,
};

// Every field is named, so that the compiler tells whoever adds one that it is missing here.

pub(super) fn item(row: PlanItemShown) -> PlanItem {
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
        period,
        period_length,
        support_content,
        staff,
        links,
        started,
        ended,
        evaluated,
        used,
    } = row;
    PlanItem {
        item: item.to_string(),
        priority: stated(priority),
        need: personal(need).unwrap_or_default(),
        goal: personal(goal),
        due: stated(due),
        due_after,
        services: services.into_iter().map(service).collect(),
        person_role: personal(person_role),
        evaluation: stated(evaluation),
        evaluation_after,
        remarks: personal(remarks),
        period: stated(period),
        period_length,
        support_content: personal(support_content),
        staff: stated(staff).map(|staff| Parties { parties: parties(staff) }),
        links: links.into_iter().map(link).collect(),
        started: started.into_iter().map(start).collect(),
        ended: ended.map(end),
        evaluated: evaluated.map(evaluation_of),
        used: used.into_iter().map(usage).collect(),
    }
}

fn service(service: PlannedServiceShown) -> PlannedService {
    let PlannedServiceShown { kind, content, frequency, times, provider, supporter, telephone, contact } =
        service;
    PlannedService {
        kind,
        content: personal(content),
        frequency: stated(frequency),
        times: times.map(|often| TimesPer { times: often.times, per: often.per }),
        provider: provider.map(party),
        supporter: supporter.map(party),
        telephone: personal(telephone),
        contact: personal(contact),
    }
}

fn link(link: ItemLinkShown) -> PlanItemLink {
    let ItemLinkShown { plan, item, incoming, relation, at } = link;
    PlanItemLink { plan: plan.to_string(), item: item.to_string(), incoming, relation, at: Some(moment(at)) }
}

fn start(start: ItemStartShown) -> PlanItemStart {
    let ItemStartShown { provider, at } = start;
    PlanItemStart { provider: Some(party(provider)), at: Some(moment(at)) }
}

fn end(end: ItemEndShown) -> PlanItemEnd {
    let ItemEndShown { at, reason } = end;
    PlanItemEnd { at: Some(moment(at)), reason: personal(reason) }
}

fn evaluation_of(evaluation: ItemEvaluationShown) -> PlanItemEvaluation {
    let ItemEvaluationShown { at, by, achievement, person_view, assessment, evidence } = evaluation;
    PlanItemEvaluation {
        at: Some(moment(at)),
        by: parties(by),
        achievement: stated(achievement),
        person_view: personal(person_view),
        assessment: personal(assessment),
        evidence: evidence.iter().map(ToString::to_string).collect(),
    }
}

fn usage(usage: ServiceUsageShown) -> ServiceUsage {
    let ServiceUsageShown { month, provider, count, unit, note } = usage;
    ServiceUsage { month, provider: Some(party(provider)), count, unit: stated(unit), note: personal(note) }
}
