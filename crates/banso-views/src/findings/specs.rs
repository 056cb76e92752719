use super::*;
use crate::spec::{Told, as_of, at, consultant, event, haru, id, nurse, recorded, recorded_at, sample, told};
use banso_domain::case::episode::CommunityTransitionSupportStarted;
use banso_domain::case::meeting::MeetingHeld;
use banso_domain::case::person::{FactRecorded, KeyPersonChanged, PersonVoiceRecorded};
use banso_domain::case::plan::{PlanDrafted, PlanFinalised};
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::registry::{Check, RulePack, RulePackActivated};
use banso_domain::{Entry, RegistryEvent, resolve};
use banso_kernel::Stated;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The pack that banso comes with.
pub(super) const NATIONAL: &str = include_str!("../../../../ops/rules/national.toml");

/// A registry in which these packs were activated, one after the other.
pub(super) fn with(packs: &[(&str, &str)]) -> Reference {
    let entries: Vec<Entry<RegistryEvent>> = packs
        .iter()
        .zip(1..)
        .map(|((pack, content), n)| Entry {
            event_id: event(n),
            seq: n as u64,
            stream_seq: n as u64,
            recorded_at: recorded_at(n),
            occurred: Some(banso_kernel::When::Unknown),
            actor: id("officer@city"),
            corrects: None,
            repeats: None,
            event: Arc::new(RulePackActivated { pack: id(pack), content: (*content).to_owned() }.into()),
        })
        .collect();
    Reference::of(&resolve(&entries))
}

/// A finding is a question. These words would be a judgement.
pub(super) const NEVER: [&str; 4] = ["違反", "未実施", "漏れ", "期限超過"];

fn at_end_of(day: &str) -> DateTime<Utc> {
    at(&format!("{day}T14:59:59.999999Z"))
}

/// Rule, severity and sentence of each finding.
fn asked<const N: usize>(told: [Told; N], day: &str, reference: &Reference) -> Vec<[String; 3]> {
    let entries = recorded(told);
    let shown = show(&resolve(&entries), as_of(None), at_end_of(day), reference);
    let line = |finding: FindingShown| {
        [finding.rule, finding.severity.to_owned(), finding.sentence.reveal().clone()]
    };
    shown.findings.into_iter().map(line).collect()
}

fn without_the_person() -> Told {
    told(MeetingHeld { person_present: false, plans: Vec::new(), ..sample() }).on("2025-04-04")
}

#[test]
fn the_national_pack_reads_and_every_check_stands_in_it_once() {
    let pack = RulePack::read(NATIONAL).expect("a pack");
    let mut kinds = BTreeMap::new();
    for rule in &pack.rules {
        // A new check fails to compile here: it belongs in the pack too, and in the number below.
        let kind = match rule.check {
            Check::MeetingWithoutPerson => "meeting_without_person",
            Check::GoalMissing => "goal_missing",
            Check::ConsentOfRevision => "consent_of_revision",
            Check::ReassessmentAfterLoss { .. } => "reassessment_after_loss",
            Check::ContactCadence { .. } => "contact_cadence",
            Check::ContactDaysInMonth { .. } => "contact_days_in_month",
            Check::RequestUnanswered => "request_unanswered",
            Check::AcceptedWithoutContact { .. } => "accepted_without_contact",
            Check::HearsayAlone => "hearsay_alone",
        };
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(kinds.len(), 9, "{kinds:?}");
    assert!(kinds.values().all(|times| *times == 1), "{kinds:?}");
    let unverified: Vec<_> =
        pack.rules.iter().filter(|rule| !rule.verified).map(|rule| rule.id.as_str()).collect();
    assert_eq!(unverified, ["R12", "R13", "R21", "R22"]);
}

#[test]
fn what_the_review_of_harus_case_asks() {
    let (entries, names) = haru();
    let registry = with(&[("national", NATIONAL)]);
    assert!(names.rule_packs().is_empty());
    let history = resolve(&entries);
    let during = show(&history, as_of(Some(at_end_of("2025-06-30"))), at_end_of("2025-06-30"), &registry);
    let rules: Vec<_> = during.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains(&"R12") && !rules.contains(&"R13"), "every 14 days: {rules:?}");
    insta::assert_json_snapshot!("haru_in_june", during);
    let now = show(&history, as_of(None), at_end_of("2026-01-31"), &registry);
    insta::assert_json_snapshot!("haru_now", now);
}

/// A case in which every rule finds something.
fn open_questions() -> [Told; 9] {
    let mut plan: PlanDrafted = sample();
    plan.items[0].goal = Stated::NotRecorded;
    let made =
        ReferralMade { to: vec![nurse()], respond_by: Some(id("2024-04-10")), parent: None, ..sample() };
    [
        told(sample::<KeyPersonChanged>()),
        told(sample::<FactRecorded>()).on("2024-04-01"),
        told(made).on("2024-04-02"),
        told(ReferralAccepted { referral: id("haru:r2"), by: consultant() }).on("2024-04-03"),
        told(MeetingHeld { person_present: false, plans: Vec::new(), ..sample() }).on("2024-04-04"),
        told(plan).on("2024-04-05"),
        told(sample::<PlanFinalised>()).on("2024-04-06"),
        told(sample::<CommunityTransitionSupportStarted>()).on("2024-05-01"),
        told(sample::<PersonVoiceRecorded>()).on("2024-05-02"),
    ]
}

#[test]
fn every_rule_asks_and_none_judges() {
    let asked = asked(open_questions(), "2024-05-31", &with(&[("national", NATIONAL)]));
    let rules: Vec<_> = asked.iter().map(|[rule, ..]| rule.as_str()).collect();
    assert_eq!(rules, ["R06", "R12", "R13", "R20", "R21", "R22", "R29", "R38", "R26"]);
    for [rule, _, sentence] in &asked {
        assert!(NEVER.iter().all(|word| !sentence.contains(word)), "{rule}: {sentence}");
    }
    let sentences: Vec<_> = asked.iter().map(|[rule, _, sentence]| format!("{rule} {sentence}")).collect();
    insta::assert_snapshot!("every_sentence", sentences.join("\n"));
}

#[test]
fn without_a_pack_nothing_is_asked() {
    let entries = recorded([without_the_person()]);
    let shown = show(&resolve(&entries), as_of(None), at_end_of("2025-05-01"), &Reference::default());
    assert_eq!((shown.heading, shown.findings.len()), ("記録から確かめたいこと", 0));
    assert_eq!(shown.day, id("2025-05-01"));
}

#[test]
fn what_is_to_be_confirmed_comes_before_what_is_for_information_and_then_by_rule() {
    let told = || {
        [
            told(sample::<KeyPersonChanged>()),
            told(ReferralAccepted { referral: id("haru:r2"), by: consultant() }).on("2025-04-03"),
            told(sample::<FactRecorded>()).on("2025-04-03"),
            without_the_person(),
        ]
    };
    let rules = |pack: &str| -> Vec<String> {
        let asked = asked(told(), "2025-05-31", &with(&[("national", pack)]));
        asked.into_iter().map(|[rule, severity, _]| format!("{rule} {severity}")).collect()
    };
    assert_eq!(
        rules(NATIONAL),
        ["R21 確かめたいこと", "R22 確かめたいこと", "R29 確かめたいこと", "R26 参考"]
    );
}

#[test]
fn a_rule_that_two_packs_have_asks_once_and_a_later_pack_takes_the_earlier_ones_place() {
    let meeting = |severity: &str| {
        format!(
            "title = \"見本\"\n[[rule]]\nid = \"R29\"\ntitle = \"本人の参加\"\nsource = \"S1\"\nverified = true\nseverity = \"{severity}\"\ncheck = {{ kind = \"meeting_without_person\" }}\n"
        )
    };
    let (confirm, info) = (meeting("confirm"), meeting("info"));
    let severities = |packs: &[(&str, &str)]| -> Vec<String> {
        asked([without_the_person()], "2025-05-01", &with(packs)).into_iter().map(|[_, s, _]| s).collect()
    };
    assert_eq!(severities(&[("national", &confirm), ("city", &info)]), ["確かめたいこと"]);
    assert_eq!(severities(&[("national", &confirm), ("national", &info)]), ["参考"]);
}

#[test]
fn a_rule_asks_only_about_days_on_which_it_holds() {
    let pack = NATIONAL.replace(
        "id = \"R29\"",
        "id = \"R29\"\neffective_from = \"2025-05-01\"\neffective_to = \"2025-05-31\"",
    );
    let registry = with(&[("national", &pack)]);
    for (day, findings) in [("2025-04-30", 0), ("2025-05-01", 1), ("2025-05-31", 1), ("2025-06-01", 0)] {
        assert_eq!(asked([without_the_person()], day, &registry).len(), findings, "{day}");
    }
}

#[test]
fn two_meetings_of_one_kind_on_one_day_are_two_findings() {
    let second = MeetingHeld { meeting: id("haru:m2"), person_present: false, plans: Vec::new(), ..sample() };
    let told = [without_the_person(), told(second).on("2025-04-04")];
    assert_eq!(asked(told, "2025-05-01", &with(&[("national", NATIONAL)])).len(), 2);
}
