use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{Arrival, OrderClient, Tally, arrivals};
use crate::experiment::Experiment;
use crate::measure::{Call, Latency, Outcome, Repeat, Tag};

/// What the generator made of a schedule.
#[derive(Debug, Default)]
pub struct Load {
    /// Every arrival with its end, in the order of the schedule.
    pub calls: Vec<Call>,
    /// How long after its intended start each call was begun.
    pub lag: Latency,
}

impl Load {
    fn add(&mut self, (call, lag): (Call, Duration)) {
        self.calls.push(call);
        self.lag.record(lag);
    }
}

/// Follows the experiment's schedule from `origin` on, its orders marked with `tag`, and waits
/// for the last answer.
///
/// It keeps at most `max_in_flight` calls; an arrival beyond them is recorded as not sent.
/// The wait at the end is bounded by the client's limit.
///
/// # Cancellation
///
/// Dropping the future ends every call in flight.
pub async fn generate(
    client: OrderClient,
    experiment: Arc<Experiment>,
    tag: Tag,
    origin: Instant,
    tally: Arc<Tally>,
) -> anyhow::Result<Load> {
    let client = Arc::new(client);
    let limit = experiment.client_limit;
    let in_flight = Arc::new(Semaphore::new(experiment.max_in_flight));
    let mut running = JoinSet::new();
    let mut load = Load::default();

    for arrival in arrivals(&experiment, &tag) {
        let intended = origin + arrival.at;
        sleep_until(intended).await;
        match Arc::clone(&in_flight).try_acquire_owned() {
            Ok(permit) => {
                let (client, tally) = (Arc::clone(&client), Arc::clone(&tally));
                running.spawn(async move {
                    // Here and not before the spawn: a busy machine may start the task late.
                    let lag = intended.elapsed();
                    let call = place(&client, arrival, intended, limit, &tally).await;
                    drop(permit);
                    (call, lag)
                });
            }
            Err(_) => load.add((not_sent(arrival, limit, &tally), intended.elapsed())),
        }
        // Finished tasks are collected on the way, so that they do not pile up.
        while let Some(ended) = running.try_join_next() {
            load.add(ended?);
        }
    }
    while let Some(ended) = running.join_next().await {
        load.add(ended?);
    }
    load.calls.sort_by_key(|call| call.at);
    Ok(load)
}

async fn place(
    client: &OrderClient,
    arrival: Arrival,
    intended: Instant,
    limit: Duration,
    tally: &Tally,
) -> Call {
    let outcome = client.place(&arrival.order, intended + limit).await;
    let took = intended.elapsed();
    let acknowledged = matches!(outcome, Outcome::Acknowledged { .. });
    tally.count(acknowledged);
    let repeat = if arrival.repeat && acknowledged {
        let outcome = client.place(&arrival.order, Instant::now() + limit).await;
        Some(Repeat { outcome })
    } else {
        None
    };
    let Arrival { phase, at, order, .. } = arrival;
    Call { phase, at, took, order, outcome, repeat }
}

fn not_sent(arrival: Arrival, limit: Duration, tally: &Tally) -> Call {
    tally.count(false);
    let Arrival { phase, at, order, .. } = arrival;
    // It took as long as its caller would have waited.
    Call { phase, at, took: limit, order, outcome: Outcome::NotSent, repeat: None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;
    use tokio::time::sleep;
    use uuid::Uuid;

    use super::*;
    use crate::experiment::{Expects, Pace, Phase};

    type Orders = Arc<Mutex<HashMap<String, Uuid>>>;

    fn experiment(rate: u32, millis: u64) -> Experiment {
        let load = Phase {
            name: "load".to_owned(),
            load_for: Duration::from_millis(millis),
            drain: Duration::ZERO,
            fault: None,
            expects: Expects::Orders,
        };
        Experiment {
            phases: vec![load],
            client_limit: Duration::from_secs(2),
            repeat_share: 0.5,
            ..Experiment::demo(Pace::Quick, rate, 1)
        }
    }

    async fn start(
        client: OrderClient,
        experiment: Experiment,
        tally: Arc<Tally>,
    ) -> anyhow::Result<Load> {
        generate(client, Arc::new(experiment), Tag::draw(), Instant::now(), tally).await
    }

    async fn serve(app: Router) -> OrderClient {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        OrderClient::new(url, vec![Uuid::from_u128(1)]).unwrap()
    }

    async fn order(State(orders): State<Orders>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        let id = *orders.lock().unwrap().entry(key).or_insert_with(Uuid::new_v4);
        (StatusCode::CREATED, Json(json!({ "id": id })))
    }

    #[tokio::test]
    async fn every_arrival_becomes_a_call_and_repeats_get_the_same_id() {
        let orders = Orders::default();
        let app = Router::new().route("/orders", post(order)).with_state(Arc::clone(&orders));
        let client = serve(app).await;
        let tally = Arc::new(Tally::default());
        let experiment = experiment(200, 500);

        let load = start(client, experiment, Arc::clone(&tally)).await.unwrap();

        assert_eq!(load.calls.len(), 100);
        assert_eq!(load.lag.len(), 100);
        assert_eq!(tally.acknowledged(), 100);
        assert!(load.calls.is_sorted_by_key(|call| call.at));
        let repeated: Vec<_> = load.calls.iter().filter(|call| call.repeat.is_some()).collect();
        assert!(!repeated.is_empty());
        for call in repeated {
            assert_eq!(call.repeat.as_ref().unwrap().outcome, call.outcome);
        }
        assert_eq!(orders.lock().unwrap().len(), 100);
    }

    #[tokio::test]
    async fn arrivals_beyond_the_limit_in_flight_are_recorded_as_not_sent() {
        let app = Router::new().route(
            "/orders",
            post(|| async {
                sleep(Duration::from_mins(1)).await;
                StatusCode::CREATED
            }),
        );
        let client = serve(app).await;
        let mut experiment = experiment(100, 300);
        experiment.max_in_flight = 5;
        experiment.client_limit = Duration::from_millis(400);
        let tally = Arc::new(Tally::default());

        let load = start(client, experiment.clone(), tally).await.unwrap();

        let count = |outcome: &Outcome| load.calls.iter().filter(|c| c.outcome == *outcome).count();
        assert_eq!(count(&Outcome::NoAnswer { why: "time is up" }), 5);
        assert_eq!(count(&Outcome::NotSent), 25);
        assert!(load.calls.iter().all(|call| call.took >= experiment.client_limit));
    }

    #[tokio::test]
    async fn a_stalled_service_is_charged_from_the_intended_start() {
        // One permit: the service works on one order at a time, 50 ms each, against an
        // arrival every 10 ms. Measured from the send, nothing would look slow.
        let turn = Arc::new(Semaphore::new(1));
        let app = Router::new().route(
            "/orders",
            post(move || {
                let turn = Arc::clone(&turn);
                async move {
                    let _turn = turn.acquire().await;
                    sleep(Duration::from_millis(50)).await;
                    (StatusCode::CREATED, Json(json!({ "id": Uuid::nil() })))
                }
            }),
        );
        let client = serve(app).await;
        let experiment = Experiment { repeat_share: 0.0, ..experiment(100, 200) };
        let tally = Arc::new(Tally::default());

        let load = start(client, experiment.clone(), tally).await.unwrap();

        let slowest = load.calls.iter().map(|call| call.took).max().unwrap();
        assert!(slowest >= Duration::from_millis(20 * 50 - 200), "{slowest:?}");
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_gives_failed_calls_and_no_error() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = format!("http://{free}/orders");
        let client = OrderClient::new(url, vec![Uuid::nil()]).unwrap();
        let tally = Arc::new(Tally::default());

        let load = start(client, experiment(100, 100), tally).await.unwrap();

        assert_eq!(load.calls.len(), 10);
        let refused = Outcome::NoAnswer { why: "not connected" };
        assert!(load.calls.iter().all(|call| call.outcome == refused));
    }
}
