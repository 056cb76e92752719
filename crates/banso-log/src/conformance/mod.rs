//! The suite that proves an adapter: each numbered MUST of [`crate::Log`], [`crate::Models`],
//! [`crate::Inbox`], [`crate::Custody`] and [`crate::Leases`], and what the [`crate::Writer`] promises on top
//! of the adapter's [`crate::WriteSide`].
//!
//! An adapter's tests say how a fresh store is made, and get one test per line of the list below:
//!
//! ```ignore
//! banso_log::conformance_suite!(Fixture::fresh());
//! ```
//!
//! Functions here panic where the adapter fails.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite of tests: a panic is its answer")]

mod admit_all;
pub(crate) mod case;
pub mod custody;
pub mod inbox;
pub mod leases;
pub mod log;
pub mod models;
mod pg_schema;
pub mod write_side;
pub mod writer;

pub use admit_all::AdmitAll;
pub use pg_schema::{PgSchema, TEST_POSTGRES, TEST_POSTGRES_CA};

use crate::{LogStore, Models, Store};
use async_trait::async_trait;
use std::sync::Arc;

/// One fresh, empty store.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// It, with the rights of the application.
    fn store(&self) -> Arc<dyn Store>;

    /// It, opened once more as another process would.
    fn store_of_another_process(&self) -> Arc<dyn Store>;

    /// It, with an operator's rights.
    fn store_of_an_operator(&self) -> Arc<dyn Store>;

    /// Its log.
    fn log(&self) -> Arc<dyn LogStore> {
        self.store()
    }

    /// Its log, opened once more as another process would.
    fn log_of_another_process(&self) -> Arc<dyn LogStore> {
        self.store_of_another_process()
    }

    /// Its read models.
    fn models(&self) -> Arc<dyn Models> {
        self.store()
    }

    /// Tries to change, to delete and to replace the event at position 1 with the rights of the application:
    /// the names of the attempts that succeeded.
    async fn tamper(&self) -> Vec<&'static str>;
}

/// One test per promise. `$fresh` makes a [`Fixture`].
#[macro_export]
macro_rules! conformance_suite {
    ($fresh:expr) => {
        $crate::conformance_suite!($fresh, log:
            an_empty_log_has_no_events,
            positions_are_dense_and_bytes_come_back,
            the_chains_verify,
            what_follows_a_position_comes_with_its_place,
            a_read_keeps_its_bounds,
            a_read_stops_at_its_bytes,
            a_stream_is_read_up_to_a_position,
            stretches_of_streams_are_read_one_after_the_other,
            events_are_found_by_id,
            a_time_is_found_as_a_position,
            recorded_at_increases_whatever_the_clock_does,
            an_acknowledged_event_is_read_by_everyone,
            no_event_is_changed_or_deleted,
        );
        $crate::conformance_suite!($fresh, writer:
            the_same_proposal_gets_the_first_result,
            twice_in_one_batch_is_once_in_the_log,
            of_twenty_proposals_at_one_version_exactly_one_is_admitted,
            an_expectation_is_about_the_moving_state,
            a_refusal_disturbs_nobody,
            a_refused_id_may_come_again,
            a_group_is_all_or_nothing_across_streams,
            a_group_that_came_before_is_a_duplicate,
            a_dry_run_stores_nothing,
            a_dry_run_answers_as_the_real_one,
            a_full_queue_answers_at_once,
            a_batch_is_over_before_it_is_answered,
            a_group_has_a_limit,
            an_unreadable_stream_stops_only_itself,
            a_panic_of_the_rules_leaves_nobody_hanging,
            a_no_never_rests_on_memory,
            what_another_process_recorded_is_a_duplicate_among_new_ones,
            two_writers_on_one_log_keep_it_whole,
            stopping_finishes_what_is_queued,
        );
        $crate::conformance_suite!($fresh, write_side:
            the_beginnings_of_streams_are_read_together,
            rows_go_behind_the_head_they_name_or_nowhere,
        );
        $crate::conformance_suite!($fresh, inbox:
            a_delivery_is_stored_with_its_results,
            a_delivery_without_a_proposal_leaves_its_receipts,
            of_two_readers_of_one_intake_one_is_fenced,
            deliveries_of_one_batch_follow_each_other,
            receipts_are_dense_and_paged,
        );
        $crate::conformance_suite!($fresh, custody:
            a_held_log_takes_nothing_until_it_is_let_go,
            a_new_epoch_ends_the_hold,
        );
        $crate::conformance_suite!($fresh, leases:
            a_name_has_one_holder,
            what_is_not_renewed_is_free_after_its_time,
            who_leaves_gives_back,
        );
        $crate::conformance_suite!($fresh, models:
            a_new_version_stands_at_zero,
            of_two_racing_projectors_one_succeeds,
            a_commit_is_all_or_nothing,
            only_the_active_version_is_read,
            a_question_about_now_finds_the_state_and_what_came_since,
            a_question_about_now_keeps_its_bounds,
            a_question_about_now_sees_one_moment,
            states_are_paged_in_order,
            a_list_has_a_stable_cursor,
            a_list_shows_what_holds_on_a_day,
            the_rows_of_a_person_are_replaced_as_a_whole,
        );
    };
    ($fresh:expr, $part:ident: $($promise:ident),* $(,)?) => {
        mod $part {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    $crate::conformance::$part::$promise(&$fresh).await;
                }
            )*
        }
    };
}
