//! Orders, at a steady pace.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

/// The longest that an order is waited for.
const LIMIT: Duration = Duration::from_secs(5);

/// Sends orders until it is dropped.
#[derive(Debug)]
pub(crate) struct Load {
    _orders: JoinSet<()>,
}

impl Load {
    /// Sends `rate` orders a second to each of `services`, for a user that is made first.
    pub(crate) async fn start(users: &str, services: [String; 2], rate: u32) -> Self {
        let http = reqwest::Client::builder().timeout(LIMIT).build().expect("a client can be made");
        let user = json!({ "name": "Ann", "email": "ann@example.com" });
        let made = http.post(format!("{users}/users")).json(&user).send().await;
        let made: Value = made.expect("the user service answers").json().await.expect("as JSON");
        let user = made["id"].as_str().expect("a made user has an id").to_owned();
        let mut orders = JoinSet::new();
        for service in services {
            orders.spawn(send(http.clone(), service, user.clone(), rate));
        }
        Self { _orders: orders }
    }
}

async fn send(http: reqwest::Client, service: String, user: String, rate: u32) {
    let order = json!({ "user_id": user, "item": "teapot", "quantity": 1 });
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut under_way = JoinSet::new();
    for number in 0_u64.. {
        ticks.tick().await;
        while under_way.try_join_next().is_some() {}
        let request = http.post(format!("{service}/orders")).json(&order);
        let request = request.header("idempotency-key", format!("order-{number}")).send();
        under_way.spawn(async {
            // How it ends is for the dashboard to show.
            if let Ok(answer) = request.await {
                drop(answer.bytes().await);
            }
        });
    }
}
