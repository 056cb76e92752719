//! What may be corrected, retracted and dated, over ハルさん's case.

use crate::case::note::ContactRecorded;
use crate::case::person::{FactRecorded, KeyPersonChanged};
use crate::case::spec::{Told, event, given, given_nothing, recorded_at, told};
use crate::{EventRetracted, FUTURE_SKEW, Payload, Refusal};
use banso_kernel::EventId;
use chrono::TimeDelta;

fn fact() -> Told {
    told(FactRecorded::sample())
}

fn restated() -> Told {
    told(FactRecorded { statement: "外出する様子がない".into(), ..FactRecorded::sample() })
}

fn note() -> Told {
    told(ContactRecorded::sample())
}

fn loss() -> Told {
    told(KeyPersonChanged::sample())
}

fn retracting(event: EventId) -> Told {
    told(EventRetracted { event, reason: "誤記".into() })
}

fn nowhere() -> EventId {
    EventId::of("spec", "nowhere")
}

mod corrections {
    use super::*;

    #[test]
    fn a_correction_of_an_unknown_event_is_refused() {
        given([fact()]).when(restated().correcting(7)).refuses(Refusal::UnknownEvent(event(7)));
    }

    #[test]
    fn a_correction_by_another_type_is_refused() {
        given([fact()])
            .when(note().correcting(1))
            .refuses(Refusal::OtherType("banso.FactRecorded.v1".to_owned()));
    }

    #[test]
    fn a_correction_of_a_correction_names_the_original_instead() {
        given([fact(), restated().correcting(1)])
            .when(fact().correcting(2))
            .refuses(Refusal::CorrectsCorrection { correction: event(2), original: event(1) });
        given([fact(), restated().correcting(1)]).when(fact().correcting(1)).admits();
    }

    #[test]
    fn a_retraction_cannot_be_corrected() {
        given([fact(), retracting(event(1))]).when(fact().correcting(2)).refuses(Refusal::CorrectsRetraction);
        given([fact(), retracting(event(1))])
            .when(retracting(event(1)).correcting(2))
            .refuses(Refusal::CorrectsRetraction);
        given([fact()]).when(retracting(event(1)).correcting(1)).refuses(Refusal::CorrectsRetraction);
    }

    #[test]
    fn the_same_content_again_is_still_a_correction() {
        given([fact()]).when(fact().correcting(1).on("2025-04-01")).admits();
    }

    #[test]
    fn a_retracted_event_may_be_corrected() {
        given([fact(), retracting(event(1))]).when(restated().correcting(1)).admits();
    }
}

mod retractions {
    use super::*;

    #[test]
    fn a_retraction_of_an_unknown_event_is_refused() {
        given_nothing().when(retracting(nowhere())).refuses(Refusal::UnknownEvent(nowhere()));
    }

    #[test]
    fn an_event_may_be_taken_back() {
        given([fact()]).when(retracting(event(1))).admits();
    }

    #[test]
    fn a_second_retraction_is_a_repeat_of_the_first() {
        given([fact(), retracting(event(1))]).when(retracting(event(1))).repeats(2);
        given([fact(), retracting(event(1)), retracting(event(1)).repeating(2)])
            .when(retracting(event(1)))
            .repeats(2);
    }

    #[test]
    fn a_retracted_event_is_as_if_never_said() {
        given([fact(), retracting(event(1))]).when(fact()).admits();
    }

    #[test]
    fn retracting_a_correction_restores_the_one_before() {
        let third =
            || told(FactRecorded { statement: "大声が聞こえる".into(), ..FactRecorded::sample() });
        let corrected = || [fact(), restated().correcting(1), third().correcting(1), retracting(event(3))];
        given(corrected()).when(restated()).repeats(1);
        given(corrected()).when(third()).refuses(Refusal::IdAlreadyUsed { what: "fact", by: event(1) });
    }

    #[test]
    fn retracting_the_only_correction_restores_the_original() {
        given([fact(), restated().correcting(1), retracting(event(2))]).when(fact()).repeats(1);
    }

    #[test]
    fn retracting_a_retraction_restores_what_it_took_away() {
        given([fact(), retracting(event(1)), retracting(event(2))]).when(fact()).repeats(1);
        given([fact(), retracting(event(1)), retracting(event(2))]).when(retracting(event(1))).admits();
    }

    #[test]
    fn what_two_have_taken_back_stays_away_until_both_take_that_back() {
        let taken_back_twice = || [fact(), retracting(event(1)), retracting(event(1)).repeating(2)];
        let [a, b, c] = taken_back_twice();
        given([a, b, c, retracting(event(2))]).when(retracting(event(1))).repeats(3);
        let [a, b, c] = taken_back_twice();
        given([a, b, c, retracting(event(2)), retracting(event(3))]).when(fact()).repeats(1);
    }

    #[test]
    fn a_repetition_of_something_retracted_is_what_is_repeated() {
        given([fact(), fact().repeating(1), retracting(event(1))]).when(fact()).repeats(2);
    }
}

mod anchors {
    use super::*;

    #[test]
    fn a_date_may_hang_on_any_earlier_event() {
        for when in ["after:#1", "before:#1", "#1+P14D"] {
            given([fact().on("2025-04-01")]).when(note().on(when)).admits();
        }
    }

    #[test]
    fn a_date_may_hang_on_a_correction() {
        given([fact(), restated().correcting(1)]).when(note().on("after:#2")).admits();
    }

    #[test]
    fn a_date_that_hangs_on_a_retracted_event_is_admitted() {
        given([fact(), retracting(event(1))]).when(note().on("#1+P14D")).admits();
    }

    #[test]
    fn an_unknown_anchor_is_refused() {
        given([fact()]).when(note().on("after:#7")).refuses(Refusal::UnknownAnchor(event(7)));
        // The proposal itself is the second event.
        given([fact()]).when(note().on("after:#2")).refuses(Refusal::UnknownAnchor(event(2)));
    }

    #[test]
    fn a_retraction_is_no_anchor() {
        given([fact(), retracting(event(1))])
            .when(note().on("after:#2"))
            .refuses(Refusal::UnknownAnchor(event(2)));
    }

    #[test]
    fn a_correction_that_makes_dates_run_in_a_circle_is_refused() {
        given([fact(), note().on("after:#1")])
            .when(fact().correcting(1).on("#2+P14D"))
            .refuses(Refusal::DateCycle);
        given([fact(), note().on("after:#1"), loss().on("before:#2")])
            .when(fact().correcting(1).on("after:#3"))
            .refuses(Refusal::DateCycle);
        given([fact()]).when(fact().correcting(1).on("after:#1")).refuses(Refusal::DateCycle);
    }

    #[test]
    fn retracting_a_correction_that_would_bring_a_circle_back_is_refused() {
        // 2 hung on 1 until it was corrected; since then 1 hangs on 2.
        let around = || {
            [
                fact(),
                note().on("after:#1"),
                note().correcting(2).on("2025-04-01"),
                fact().correcting(1).on("after:#2"),
            ]
        };
        given(around()).when(retracting(event(3))).refuses(Refusal::DateCycle);
        given(around()).when(retracting(event(4))).admits();
    }

    #[test]
    fn retracting_a_retraction_that_would_bring_a_circle_back_is_refused() {
        given([fact(), note().on("after:#1"), retracting(event(2)), fact().correcting(1).on("after:#2")])
            .when(retracting(event(3)))
            .refuses(Refusal::DateCycle);
    }
}

mod the_future {
    use super::*;

    /// The date of the first proposal, so far from the moment it is recorded.
    fn first_at(ahead: TimeDelta) -> Told {
        fact().on(&(recorded_at(1) + ahead).to_rfc3339())
    }

    #[test]
    fn an_instant_may_lie_exactly_the_skew_ahead() {
        given_nothing().when(first_at(FUTURE_SKEW)).admits();
        given_nothing().when(first_at(FUTURE_SKEW + TimeDelta::microseconds(1))).refuses(Refusal::FutureDate);
    }

    #[test]
    fn a_day_may_have_begun_but_not_lie_ahead() {
        // Recorded at nine in the morning of 1 June in Tokyo.
        given_nothing().when(fact().on("2025-06-01")).admits();
        given_nothing().when(fact().on("2025-06-02")).refuses(Refusal::FutureDate);
    }

    #[test]
    fn a_month_may_have_begun_but_not_lie_ahead() {
        given_nothing().when(fact().on("2025-06")).admits();
        given_nothing().when(fact().on("2025-07")).refuses(Refusal::FutureDate);
    }

    #[test]
    fn so_long_after_an_event_may_not_lie_ahead() {
        given([fact().on("2025-05-18")]).when(note().on("#1+P14D")).admits();
        given([fact().on("2025-05-19")]).when(note().on("#1+P14D")).refuses(Refusal::FutureDate);
        given([fact().on("2025-05-01")]).when(note().on("#1+P36500Y")).refuses(Refusal::FutureDate);
    }

    #[test]
    fn so_long_after_an_unknown_date_cannot_be_told_to_lie_ahead() {
        given([fact()]).when(note().on("#1+P14D")).admits();
    }

    #[test]
    fn a_correction_may_not_lie_ahead() {
        given([fact()]).when(fact().correcting(1).on("2025-06-02")).refuses(Refusal::FutureDate);
    }

    #[test]
    fn a_correction_that_moves_a_dependent_into_the_future_is_refused() {
        given([fact().on("2025-05-01"), note().on("#1+P14D")])
            .when(fact().correcting(1).on("2025-05-31"))
            .refuses(Refusal::FutureDate);
        given([fact().on("2025-05-01"), note().on("#1+P14D")])
            .when(fact().correcting(1).on("2025-05-10"))
            .admits();
    }

    #[test]
    fn what_was_taken_back_may_be_moved_into_the_future_but_not_brought_back_there() {
        let given_moved = || {
            [
                fact().on("2025-05-01"),
                note().on("#1+P14D"),
                retracting(event(2)),
                fact().correcting(1).on("2025-05-31"),
            ]
        };
        let [first, second, third, moved] = given_moved();
        given([first, second, third]).when(moved).admits();
        given(given_moved()).when(retracting(event(3))).refuses(Refusal::FutureDate);
    }
}
