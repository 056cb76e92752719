//! Somebody on whom the person relied was lost, and nobody read the situation anew since. Source: domain.md §2.4: the
//! loss or illness of the mother begins three of the four cases.

use super::{Found, Seen};
use banso_domain::CaseEvent;
use banso_domain::case::person::{KeyPersonChange, KeyPersonChanged, PersonEvent};
use banso_kernel::Relation;

pub(crate) fn find(seen: &Seen<'_>, within_days: u32) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, fact, event) in seen.events() {
        let CaseEvent::Person(PersonEvent::KeyPersonChanged(changed)) = event else { continue };
        let Some(what) = what_happened(changed) else { continue };
        // The place in the order tells what came after, also where no day is known.
        let is_reassessed = seen.events().any(|(behind, _, event)| {
            let looks_anew = matches!(
                event,
                CaseEvent::Person(PersonEvent::FormulationRecorded(_) | PersonEvent::AssessmentHeld(_))
            );
            behind > at && looks_anew
        });
        if is_reassessed || !seen.is_longer_ago_than(within_days, fact) {
            continue;
        }
        let who = politely(&changed.relation);
        found.push(Found {
            subject: format!("{}: {}", changed.label.reveal(), changed.change.label()),
            period: None,
            basis: vec![fact.id],
            sentence: format!("{who}が{what}後、アセスメントを見直した記録がありません。"),
        });
    }
    found
}

/// What became of them; `None` for somebody who came.
fn what_happened(changed: &KeyPersonChanged) -> Option<&'static str> {
    const DEATH: [&str; 5] = ["亡くな", "死去", "死亡", "逝去", "他界"];
    let cause = changed.cause.value().map_or("", |cause| cause.reveal());
    match changed.change {
        KeyPersonChange::Added => None,
        KeyPersonChange::Lost if DEATH.iter().any(|word| cause.contains(word)) => Some("亡くなった"),
        KeyPersonChange::Lost => Some("いなくなった"),
        KeyPersonChange::Incapacitated => Some("支えられなくなった"),
    }
}

fn politely(relation: &Relation) -> &str {
    match relation {
        Relation::Mother => "お母さま",
        Relation::Father => "お父さま",
        Relation::Sibling => "ごきょうだい",
        Relation::Child => "お子さま",
        Relation::Spouse => "配偶者の方",
        Relation::Relative => "ご親族",
        Relation::Friend => "ご友人",
        Relation::Neighbour => "近隣の方",
        Relation::Other(words) => words,
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{sample, told};
    use banso_domain::case::person::{AssessmentHeld, FormulationRecorded};
    use banso_kernel::Stated;

    fn in_two_weeks(seen: &Seen<'_>) -> Vec<Found> {
        find(seen, 14)
    }

    fn changed(relation: Relation, change: KeyPersonChange, cause: &str) -> KeyPersonChanged {
        KeyPersonChanged { relation, change, cause: Stated::Value(cause.into()), ..sample() }
    }

    #[test]
    fn it_asks_once_the_days_have_passed() {
        let lost = || told(sample::<KeyPersonChanged>()).on("2025-04-01");
        assert!(sentences([lost()], "2025-04-15", in_two_weeks).is_empty());
        assert_eq!(
            sentences([lost()], "2025-04-16", in_two_weeks),
            ["お母さまが亡くなった後、アセスメントを見直した記録がありません。"]
        );
    }

    #[test]
    fn a_loss_of_an_unknown_day_is_asked_about_at_once() {
        assert_eq!(sentences([told(sample::<KeyPersonChanged>())], "2025-04-01", in_two_weeks).len(), 1);
    }

    #[test]
    fn an_assessment_looks_anew_too() {
        let lost = told(changed(Relation::Mother, KeyPersonChange::Lost, "死去")).on("2025-04-01");
        let assessed = told(sample::<AssessmentHeld>()).on("2025-05-01");
        assert_eq!(sentences([lost.clone()], "2025-05-01", in_two_weeks).len(), 1);
        assert!(sentences([lost, assessed], "2025-05-01", in_two_weeks).is_empty());
    }

    #[test]
    fn it_is_silent_as_soon_as_somebody_read_the_situation_after_the_loss_and_not_before() {
        let formulation = |day: &str| told(sample::<FormulationRecorded>()).on(day);
        let lost = || told(sample::<KeyPersonChanged>()).on("2025-04-01");
        assert_eq!(sentences([formulation("2025-03-01"), lost()], "2025-06-01", in_two_weeks).len(), 1);
        assert_eq!(sentences([lost(), formulation("2025-05-01")], "2025-04-30", in_two_weeks).len(), 1);
        assert!(sentences([lost(), formulation("2025-05-01")], "2025-05-01", in_two_weeks).is_empty());
        let unknown =
            [told(sample::<KeyPersonChanged>()), told(sample::<FormulationRecorded>()).on("after:#1")];
        assert!(sentences(unknown, "2025-06-01", in_two_weeks).is_empty());
    }

    #[test]
    fn the_words_follow_who_it_was_and_what_happened() {
        let told = [
            told(changed(Relation::Sibling, KeyPersonChange::Lost, "遠方へ転居")),
            told(changed(Relation::Father, KeyPersonChange::Incapacitated, "入院")),
            told(changed(Relation::Other("大家さん".to_owned()), KeyPersonChange::Lost, "他界された")),
            told(changed(Relation::Friend, KeyPersonChange::Added, "近くに越してきた")),
        ];
        assert_eq!(
            sentences(told, "2025-06-01", in_two_weeks),
            [
                "ごきょうだいがいなくなった後、アセスメントを見直した記録がありません。",
                "お父さまが支えられなくなった後、アセスメントを見直した記録がありません。",
                "大家さんが亡くなった後、アセスメントを見直した記録がありません。",
            ]
        );
    }
}
