//! A plan in force whose revision nobody agreed to on record. Source: S0 p.17 (利用者同意署名欄), §3.1 同意.

use super::{Found, Seen, subject};
use banso_domain::case::plan::{PlanConsented, PlanEvent};
use banso_domain::{CaseEvent, Thing};

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, fact, event) in seen.events() {
        let CaseEvent::Plan(PlanEvent::Finalised(finalised)) = event else { continue };
        // A revision that another followed is no longer in force.
        let is_replaced = seen.events().any(|(behind, _, event)| {
            behind > at
                && matches!(event, CaseEvent::Plan(PlanEvent::Finalised(later)) if later.plan == finalised.plan)
        });
        if is_replaced {
            continue;
        }
        let consents: Vec<(_, &PlanConsented)> = seen
            .events()
            .filter_map(|(_, fact, event)| match event {
                CaseEvent::Plan(PlanEvent::Consented(consent)) if consent.plan == finalised.plan => {
                    Some((fact.id, &**consent))
                }
                _ => None,
            })
            .collect();
        if consents.iter().any(|(_, consent)| consent.rev == finalised.rev) {
            continue;
        }
        let rev = finalised.rev;
        let last = consents.iter().max_by_key(|(_, consent)| consent.rev);
        let sentence = match last {
            Some((_, other)) => {
                format!("同意は第{}版へのものです。第{rev}版への同意の記録が見当たりません。", other.rev)
            }
            None => format!("第{rev}版への同意の記録が見当たりません。"),
        };
        let basis = std::iter::once(fact.id).chain(last.map(|(id, _)| *id)).collect();
        found.push(Found {
            subject: subject(Thing::Plan(&finalised.plan)),
            period: Some(format!("第{rev}版")),
            basis,
            sentence,
        });
    }
    found
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{sample, told};
    use banso_domain::case::plan::PlanFinalised;

    #[test]
    fn it_asks_for_the_consent_that_is_not_recorded() {
        assert_eq!(
            sentences([told(sample::<PlanFinalised>()).on("2025-05-01")], "2025-05-02", find),
            ["第1版への同意の記録が見当たりません。"]
        );
    }

    #[test]
    fn consent_to_another_revision_is_named() {
        let second = PlanFinalised { rev: 2, ..sample() };
        let first = told(sample::<PlanConsented>()).on("2025-04-01");
        assert_eq!(
            sentences([first, told(second).on("2025-05-01")], "2025-05-02", find),
            ["同意は第1版へのものです。第2版への同意の記録が見当たりません。"]
        );
    }

    #[test]
    fn it_is_silent_as_soon_as_the_consent_is_recorded_however_late() {
        let finalised = told(sample::<PlanFinalised>()).on("2025-05-01");
        let consent = told(sample::<PlanConsented>()).on("2025-05-10");
        assert_eq!(sentences([finalised.clone(), consent.clone()], "2025-05-09", find).len(), 1);
        assert!(sentences([finalised, consent], "2025-05-10", find).is_empty());
    }
}
