//! The contract that every layer keeps, whatever it is for.
//!
//! One property a function, one module of properties a concept, one line a layer. What a property
//! needs to know of a layer stands in its line as [`Facts`]; where a property does not apply, the
//! fact is the reason in words, and the test prints it.

mod cancel;
mod errors;
mod facts;
mod failure;
mod panics;
mod readiness;
mod refusal;
mod stage;
mod subjects;
mod types;
mod waking;

use facts::{Cause, Facts, Refusals, Wait};

/// Makes the tests of one layer, in a module of its name: the layer, the error types of the
/// service inside to try it with, and the facts.
macro_rules! contract {
    ($name:ident: $layer:expr, [$error:ty, $other:ty], $facts:expr) => {
        mod $name {
            use super::super::*;
            use super::*;

            contract!(@properties $layer, $error, $facts, [
                readiness::a_call_goes_to_the_instance_that_was_polled_ready,
                readiness::a_clone_asks_for_readiness_of_its_own,
                waking::a_service_that_becomes_ready_wakes_the_newest_task,
                waking::an_answer_wakes_the_newest_task,
                waking::the_end_of_the_layers_own_wait_wakes_the_newest_task,
                waking::readiness_for_another_attempt_wakes_the_newest_task,
                cancel::a_call_dropped_before_its_first_poll_leaves_nothing_behind,
                cancel::a_call_dropped_while_the_service_works_leaves_nothing_behind,
                cancel::a_call_dropped_in_the_layers_own_wait_leaves_nothing_behind,
                cancel::a_call_dropped_while_another_attempt_waits_leaves_nothing_behind,
                cancel::a_call_that_has_ended_leaves_nothing_behind,
                cancel::a_service_dropped_while_ready_leaves_nothing_behind,
                cancel::a_service_dropped_while_it_waits_leaves_nothing_behind,
                panics::a_panic_in_call_goes_on_and_the_layer_works_afterwards,
                panics::a_panic_in_the_future_goes_on_and_the_layer_works_afterwards,
                errors::an_error_of_readiness_passes_unchanged,
                errors::an_error_of_readiness_for_another_attempt_passes_unchanged,
                refusal::a_refusal_is_seen_through_every_layer_outside,
                refusal::a_layer_that_will_refuse_the_call_reports_ready,
                refusal::a_refused_call_keeps_no_reservation,
                refusal::a_call_that_the_layer_ends_is_ended_inside_too,
            ]);

            #[tokio::test(start_paused = true)]
            async fn an_error_of_the_service_passes_unchanged() {
                errors::an_error_of_the_service_passes_unchanged::<$error, _>($layer).await;
                errors::an_error_of_the_service_passes_unchanged::<$other, _>($layer).await;
            }

            #[test]
            fn services_and_futures_are_as_shareable_as_what_is_inside() {
                types::services_and_futures_are_as_shareable_as_what_is_inside::<$error, _>($layer);
                types::services_and_futures_are_as_shareable_as_what_is_inside::<$other, _>($layer);
            }
        }
    };
    (@properties $layer:expr, $error:ty, $facts:expr, [$($file:ident::$property:ident),+ $(,)?]) => {
        $(#[tokio::test(start_paused = true)]
        async fn $property() {
            $file::$property::<$error, _>(|| $layer, &$facts).await;
        })+
    };
}

pub(crate) use contract;
