use std::{pin::pin, time::Duration};

use tokio::time::{Instant, advance, pause, sleep};

use crate::test_util::{advance_to, elapsed_of, run_until};

const NAP: Duration = Duration::from_millis(100);
const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_future_takes_the_virtual_time_that_it_waits() {
    assert_eq!(elapsed_of(sleep(NAP)).await, (NAP, ()));
    assert_eq!(elapsed_of(std::future::ready(7)).await, (Duration::ZERO, 7));
}

#[tokio::test(start_paused = true)]
async fn a_future_runs_to_the_instant_and_may_end_at_it() {
    let began = Instant::now();
    let mut nap = pin!(sleep(NAP));
    assert_eq!(run_until(began + NAP - MS, nap.as_mut()).await, None);
    assert_eq!(Instant::now(), began + NAP - MS);
    assert_eq!(run_until(began + NAP, nap).await, Some(()));
}

#[tokio::test(start_paused = true)]
async fn the_clock_moves_to_the_instant() {
    let until = Instant::now() + NAP;
    advance_to(until).await;
    assert_eq!(Instant::now(), until);
    advance_to(until).await;
    assert_eq!(Instant::now(), until);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "advance_to: that was 1ms ago")]
async fn the_clock_does_not_move_back() {
    advance_to(Instant::now() - MS).await;
}

#[tokio::test]
#[should_panic(expected = "elapsed_of needs a paused Tokio clock")]
async fn a_running_clock_is_refused() {
    elapsed_of(std::future::ready(())).await;
}

#[tokio::test]
#[should_panic(expected = "advance_to needs a paused Tokio clock")]
async fn a_running_clock_is_not_moved() {
    advance_to(Instant::now()).await;
}

#[tokio::test]
#[should_panic(expected = "run_until needs a paused Tokio clock")]
async fn a_running_clock_runs_to_no_instant() {
    run_until(Instant::now(), pin!(std::future::ready(()))).await;
}

#[tokio::test]
async fn a_clock_paused_later_will_do() {
    pause();
    assert_eq!(elapsed_of(advance(NAP)).await.0, NAP);
}
