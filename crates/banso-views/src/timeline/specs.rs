//! Rows, marks and tracks.

mod tracks;

use super::{ChangeKind, RowShown, TimelineShown, show};
use crate::spec::{Told, as_of, at, event, haru, recorded, retracting, sample, told};
use banso_domain::case::episode::{
    FollowUpScheduleSet, FollowUpStopped, HospitalAdmitted, HospitalDischarged,
};
use banso_domain::case::meeting::{MeetingActionCompleted, MeetingCalled, MeetingCancelled};
use banso_domain::case::person::PersonVoiceRecorded;
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::{Reference, resolve};
use banso_kernel::Stated;

fn voice(text: &str) -> Told {
    told(PersonVoiceRecorded { text: text.into(), ..sample() })
}

fn shown_at(told: impl IntoIterator<Item = Told>, valid_at: Option<&str>) -> TimelineShown {
    let entries = recorded(told);
    show(&resolve(&entries), as_of(valid_at.map(at)), &Reference::default())
}

fn rows(told: impl IntoIterator<Item = Told>) -> Vec<RowShown> {
    shown_at(told, None).rows
}

fn detail(row: &RowShown) -> &str {
    row.detail.as_ref().map_or("", |detail| detail.reveal())
}

mod marks {
    use super::*;

    #[test]
    fn an_answer_to_a_request_that_is_not_recorded_is_marked_until_the_request_arrives() {
        let answer = told(sample::<ReferralAccepted>());
        let alone = rows([answer.clone()]);
        assert_eq!(alone[0].missing, ["協力依頼 haru:r2"]);
        let request = told(ReferralMade { parent: None, ..sample() });
        let both = rows([answer.clone(), request.clone()]);
        assert!(both.iter().all(|row| row.missing.is_empty()), "{both:?}");
        let taken_back = rows([answer, request, retracting(2)]);
        assert_eq!(taken_back[0].missing, ["協力依頼 haru:r2"]);
    }

    #[test]
    fn minutes_are_missed_by_what_was_done_and_not_by_a_call_or_its_cancellation() {
        let missing = |told: Told| rows([told])[0].missing.clone();
        assert_eq!(missing(told(sample::<MeetingActionCompleted>())), ["会議 haru:m1"]);
        assert_eq!(missing(told(sample::<MeetingCalled>())), Vec::<String>::new());
        assert_eq!(missing(told(sample::<MeetingCancelled>())), Vec::<String>::new());
    }

    #[test]
    fn a_schedule_whose_anchor_is_not_recorded_or_taken_back_is_marked() {
        let missing = |told| rows(told).last().unwrap().missing.clone();
        let (first, second) = (format!("記録 {}", event(1)), format!("記録 {}", event(2)));
        let discharge = told(sample::<HospitalDischarged>()).on("2025-05-01");
        let set = told(FollowUpScheduleSet { anchor: event(1), ..sample() }).on("2025-05-02");
        assert!(missing(vec![discharge.clone(), set.clone()]).is_empty());
        assert_eq!(missing(vec![discharge.clone(), set, retracting(1)]), [first]);
        let stopped = FollowUpStopped { schedule: Stated::Value(event(2)), ..sample() };
        assert_eq!(missing(vec![told(stopped).on("2025-05-31")]), [second]);
    }

    #[test]
    fn a_corrected_row_shows_what_stands_and_lists_who_corrected_it() {
        let rows =
            rows([voice("一").on("2025-04-01"), voice("二").correcting(1).recorded_by("nurse@d-hoken")]);
        let [row] = rows.as_slice() else { panic!("one fact is one row") };
        assert!(row.corrected && !row.retracted);
        assert!(detail(row).contains('二'), "{}", detail(row));
        assert_eq!((row.event, row.seq, row.recorder.as_str()), (event(1), 1, "nurse@d-hoken"));
        let [change] = row.changes.as_slice() else { panic!("one change") };
        assert_eq!((change.kind, change.label, change.event), (ChangeKind::Correction, "訂正", event(2)));
        assert_eq!((change.recorder.as_str(), change.retracted), ("nurse@d-hoken", false));
    }

    #[test]
    fn a_row_taken_back_stays_visible_with_the_reason() {
        let rows = rows([voice("一"), retracting(1).recorded_by("officer@city"), voice("二").on("after:#1")]);
        assert_eq!(rows.len(), 2);
        let row = rows.iter().find(|row| row.event == event(1)).unwrap();
        assert!(row.retracted && !row.corrected);
        assert!(detail(row).contains('一'));
        let [change] = row.changes.as_slice() else { panic!("one change") };
        assert_eq!(
            (change.kind, change.label, detail_of(change)),
            (ChangeKind::Retraction, "取り消し", "誤記")
        );
        assert_eq!(change.recorder, "officer@city");
    }

    fn detail_of(change: &super::super::ChangeShown) -> &str {
        change.detail.as_ref().map_or("", |detail| detail.reveal())
    }

    #[test]
    fn a_correction_taken_back_is_listed_as_such_and_no_longer_stands() {
        let rows = rows([voice("一"), voice("二").correcting(1), retracting(2)]);
        let [row] = rows.as_slice() else { panic!("one row") };
        assert!(!row.corrected && !row.retracted && detail(row).contains('一'));
        let listed: Vec<_> = row.changes.iter().map(|change| (change.label, change.retracted)).collect();
        assert_eq!(listed, [("訂正", true), ("取り消し", false)]);
    }

    #[test]
    fn a_retraction_taken_back_is_listed_and_the_row_stands_again() {
        let rows = rows([voice("一"), retracting(1), retracting(2)]);
        let [row] = rows.as_slice() else { panic!("one row") };
        assert!(!row.retracted);
        let listed: Vec<_> = row.changes.iter().map(|change| (change.label, change.retracted)).collect();
        assert_eq!(listed, [("取り消し", true), ("取り消し", false)]);
    }

    #[test]
    fn a_repetition_names_what_it_repeats_until_that_is_taken_back() {
        let twice =
            || vec![told(sample::<ReferralMade>()), told(sample::<ReferralMade>()).recorded_by("x@city")];
        let rows_of =
            |told| rows(told).iter().map(|row| row.repeats.as_ref().map(|r| r.event)).collect::<Vec<_>>();
        assert_eq!(rows_of(twice()), [None, Some(event(1))]);
        assert_eq!(rows_of([twice(), vec![retracting(1)]].concat()), [None, None]);
    }

    #[test]
    fn a_row_says_who_did_it_and_who_wrote_it_down() {
        let rows = rows([told(sample::<ReferralMade>()).recorded_by("officer@city")]);
        assert_eq!(rows[0].recorder, "officer@city");
        assert_eq!(rows[0].doers[0].name.reveal(), "保健師@d-hoken");
        assert_eq!(
            (rows[0].label.as_str(), rows[0].event_type.as_str()),
            ("協力依頼", "banso.ReferralMade.v1")
        );
    }
}

mod dates {
    use super::*;

    fn text(told: impl IntoIterator<Item = Told>) -> String {
        rows(told).iter().find(|row| row.event == event(2)).unwrap().occurred.text.clone()
    }

    #[test]
    fn a_relative_date_says_what_it_is_relative_to() {
        let admitted = || told(sample::<HospitalAdmitted>()).on("2025-04-01");
        assert_eq!(text([admitted(), voice("一").on("#1+P14D")]), "2025-04-15（「入院」の14日後）");
        assert_eq!(text([admitted(), voice("一").on("after:#1")]), "2025-04-01以後（「入院」のあと）");
        assert_eq!(text([admitted(), voice("一").on("before:#1")]), "2025-04-01以前（「入院」の前）");
        let corrected = [
            admitted(),
            voice("一").on("#1+P1M"),
            told(sample::<HospitalAdmitted>()).correcting(1).on("2025-04-03"),
        ];
        assert_eq!(text(corrected), "2025-05-03（「入院」の1か月後）");
    }

    #[test]
    fn a_date_whose_anchor_was_taken_back_is_lost_and_says_so() {
        let told =
            [told(sample::<HospitalAdmitted>()).on("2025-04-01"), voice("一").on("before:#1"), retracting(1)];
        let rows = rows(told);
        let row = rows.iter().find(|row| row.event == event(2)).unwrap();
        assert_eq!(row.occurred.lost, Some("anchor_retracted"));
        assert_eq!(
            (row.occurred.text.as_str(), row.occurred.precision),
            ("日付不明（「入院」の前）", "before")
        );
    }

    #[test]
    fn a_date_whose_anchor_is_not_there_is_lost_and_says_so() {
        let entries = recorded([voice("一").on("2025-04-01"), voice("二").on("#1+P14D")]);
        let shown = show(&resolve(&entries[1..]), as_of(None), &Reference::default());
        assert_eq!(shown.rows[0].occurred.lost, Some("anchor_missing"));
        assert_eq!(shown.rows[0].occurred.text, "日付不明");
    }

    #[test]
    fn every_precision_has_a_name() {
        let rows = rows([
            voice("一"),
            voice("二").on("2025-04"),
            voice("三").on("2025-04-01"),
            voice("四").on("2025-04-01T10:00:00+09:00"),
            voice("五").on("#3+P1D"),
            voice("六").on("after:#3"),
            voice("七").on("before:#3"),
        ]);
        let names: Vec<_> = rows.iter().map(|row| (row.seq, row.occurred.precision)).collect();
        let expected = [
            (1, "unknown"),
            (2, "month"),
            (7, "before"),
            (3, "day"),
            (6, "after"),
            (4, "instant"),
            (5, "offset"),
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn asked_about_a_time_the_timeline_ends_there_and_marks_what_is_unsure() {
        let told = || [voice("一").on("2025-04"), voice("二").on("2025-04-20"), voice("三").on("2025-05-01")];
        let seen = |valid_at| {
            let rows = shown_at(told(), valid_at).rows;
            rows.iter().map(|row| (row.seq, row.occurred.uncertain)).collect::<Vec<_>>()
        };
        assert_eq!(seen(Some("2025-04-10T00:00:00Z")), [(1, true)]);
        assert_eq!(seen(Some("2025-04-25T00:00:00Z")), [(1, true), (2, false)]);
        assert_eq!(seen(None), [(1, false), (2, false), (3, false)]);
    }
}

#[test]
fn harus_timeline_reads_from_the_loss_to_the_life_in_the_community() {
    let (entries, reference) = haru();
    let shown = show(&resolve(&entries), as_of(None), &reference);
    let line = |row: &RowShown| {
        let repeats = if row.repeats.is_some() { " （既知）" } else { "" };
        format!("{} {} 記録: {}{repeats}", row.occurred.text, row.label, row.recorder)
    };
    insta::assert_snapshot!(shown.rows.iter().map(line).collect::<Vec<_>>().join("\n"));
    assert_eq!(shown.rows.len(), entries.len());
}
