use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::arrival::ITEMS;
use super::{OrderClient, Tally};
use crate::measure::{Order, Outcome};

/// How long an order may take, as in the demo.
const LIMIT: Duration = Duration::from_secs(2);
/// The most orders that wait for an answer at a time.
const IN_FLIGHT: usize = 500;
/// What is later than this is left out: a machine that was asleep does not place what it has
/// missed.
const LATE: Duration = Duration::from_secs(1);

/// Places `rate` orders a second without an end, and counts how they end.
///
/// As in a run, the schedule waits for no answer, and each order falls at a random place
/// inside its own slot.
///
/// # Cancellation
///
/// Dropping the future ends every call in flight.
pub async fn trickle(client: OrderClient, rate: NonZeroU32, tally: Arc<Tally>) {
    let mut rng = fastrand::Rng::new();
    let mut running = JoinSet::new();
    let mut slots = Slots::new(rate);
    loop {
        sleep_until(slots.next(rng.f64())).await;
        while running.try_join_next().is_some() {}
        if running.len() >= IN_FLIGHT {
            tally.count(false);
            continue;
        }
        let order = Order {
            key: format!("up-{}", Uuid::new_v4().simple()),
            user: rng.usize(..),
            item: ITEMS[rng.usize(..ITEMS.len())].to_owned(),
            quantity: rng.u32(1..=9),
        };
        let (client, tally) = (client.clone(), Arc::clone(&tally));
        running.spawn(async move {
            let outcome = client.place(&order, Instant::now() + LIMIT).await;
            tally.count(matches!(outcome, Outcome::Acknowledged { .. }));
        });
    }
}

/// The time cut into one piece for each order.
#[derive(Debug)]
struct Slots {
    length: Duration,
    begins: Instant,
}

impl Slots {
    fn new(rate: NonZeroU32) -> Self {
        Self { length: Duration::from_secs(1) / rate.get(), begins: Instant::now() }
    }

    /// The moment `place` in the next slot, where 1 is its end. A moment that has passed is
    /// caught up with, so that the grain of the timer does not lower the rate.
    fn next(&mut self, place: f64) -> Instant {
        let earliest = Instant::now().checked_sub(LATE).unwrap_or(self.begins);
        let begins = self.begins.max(earliest);
        self.begins = begins + self.length;
        begins + self.length.mul_f64(place)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::json;
    use tokio::net::TcpListener;
    use tokio::time::{advance, sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_although_the_timer_is_coarse() {
        for rate in [300, 1_000] {
            let mut slots = Slots::new(NonZeroU32::new(rate).unwrap());
            let (began, mut rng) = (Instant::now(), fastrand::Rng::with_seed(1));
            for _ in 0..10 * rate {
                sleep_until(slots.next(rng.f64())).await;
            }
            // The clock is virtual: what remains is the grain of the timer.
            let off = began.elapsed().abs_diff(Duration::from_secs(10));
            assert!(off < Duration::from_millis(5), "{rate}: {off:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_missed_while_the_machine_slept_is_left_out() {
        let mut slots = Slots::new(NonZeroU32::new(10).unwrap());
        advance(Duration::from_hours(1)).await;
        let passed = (0..100).filter(|_| slots.next(0.5) < Instant::now()).count();
        assert_eq!(passed, 10);
    }

    #[tokio::test]
    async fn orders_come_without_an_end_and_failures_are_counted() {
        let place = |Json(order): Json<serde_json::Value>| async move {
            let small = order["quantity"].as_u64() < Some(5);
            let status = if small { StatusCode::CREATED } else { StatusCode::BAD_GATEWAY };
            (status, Json(json!({ "id": Uuid::nil() })))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let app = Router::new().route("/orders", post(place));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = OrderClient::new(url, vec![Uuid::nil()]).unwrap();
        let tally = Arc::new(Tally::default());
        let rate = NonZeroU32::new(500).unwrap();
        let both_seen = async {
            while tally.acknowledged() < 10 || tally.other() < 10 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = trickle(client, rate, Arc::clone(&tally)) => panic!("it has no end"),
            seen = timeout(Duration::from_secs(20), both_seen) => seen.unwrap(),
        }
    }
}
