//! What holds for the findings of any part of any history.

use super::specs::{NATIONAL, NEVER, with};
use super::*;
use crate::properties::{any_part, times_to_ask_about};
use crate::spec::{as_of, json};
use banso_domain::resolve;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_part_is_asked_about_the_findings_are_questions_each_once_and_rest_on_what_is_there(entries in any_part()) {
        let registry = with(&[("national", NATIONAL)]);
        let history = resolve(&entries);
        for at in times_to_ask_about(&entries) {
            let shown = show(&history, as_of(Some(at)), at, &registry);
            let mut asked = BTreeSet::new();
            for finding in &shown.findings {
                let key = (finding.rule.clone(), finding.subject.reveal().clone(), finding.period.clone());
                prop_assert!(asked.insert(key), "{finding:?}");
                let sentence = finding.sentence.reveal();
                prop_assert!(sentence.ends_with('。') && !NEVER.iter().any(|word| sentence.contains(word)), "{sentence}");
                prop_assert!(!finding.basis.is_empty());
                for event in &finding.basis {
                    let stands = history.facts.iter().any(|fact| fact.id == *event && fact.stands() && fact.is_included_at(at));
                    prop_assert!(stands, "{finding:?}");
                }
            }
            let again = show(&history, as_of(Some(at)), at, &registry);
            prop_assert_eq!(json(&shown), json(&again));
        }
    }
}
