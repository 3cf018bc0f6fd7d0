//! What a crash leaves behind.

use std::{collections::HashMap, path::Path, sync::Arc};

use kit::testing::Answer;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    client::{Orders, tea},
    users::Users,
};

const CALLERS: usize = 4;
const ACKNOWLEDGED_BEFORE_THE_CRASH: usize = 15;

/// Counts rows, in the file and without the service.
async fn count(database: &Path, query: &'static str) -> i64 {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

/// Places orders, each with a key of its own, until the service is gone.
async fn place_until_the_end(
    orders: Arc<Orders>,
    caller: usize,
    acknowledged: mpsc::UnboundedSender<(String, String)>,
) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let key = format!("{caller}-{}", keys.len());
        keys.push(key.clone());
        let Ok(response) = orders.order(&key, &tea()).send().await else { return keys };
        let status = response.status();
        // An answer that breaks off acknowledges nothing.
        let Ok(text) = response.text().await else { return keys };
        assert_eq!(status, 201, "{text}");
        acknowledged.send((key, text)).unwrap();
    }
}

#[tokio::test]
async fn a_killed_service_finds_an_order_with_its_key_or_neither() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let database = folder.path().join("order.db");
    for round in 1..=3 {
        let orders = Arc::new(Orders::start(&folder, &users, &[]).await);
        let (send, mut receive) = mpsc::unbounded_channel();
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let place = place_until_the_end(Arc::clone(&orders), caller + 10 * round, send.clone());
            callers.spawn(place);
        }
        drop(send);
        let mut acknowledged = HashMap::new();
        while acknowledged.len() < ACKNOWLEDGED_BEFORE_THE_CRASH {
            acknowledged.extend(receive.recv().await);
        }
        orders.running.signal(nix::sys::signal::Signal::SIGKILL);
        let keys: Vec<_> = callers.join_all().await.concat();
        while let Some(last) = receive.recv().await {
            acknowledged.extend([last]);
        }

        let orders = Orders::start(&folder, &users, &[]).await;
        for half in [
            "SELECT COUNT(*) FROM orders WHERE id NOT IN (SELECT order_id FROM idempotency_keys)",
            "SELECT COUNT(*) FROM idempotency_keys WHERE order_id NOT IN (SELECT id FROM orders)",
        ] {
            assert_eq!(count(&database, half).await, 0, "{half}");
        }
        // Every caller repeats all it ever asked for.
        for key in &keys {
            let answer = orders.place(key, &tea()).await;
            assert_eq!(answer.status, 201);
            if let Some(first) = acknowledged.get(key) {
                assert_eq!(&answer.text, first, "an acknowledged order is not lost");
            }
        }
        let twice = "SELECT COUNT(*) - COUNT(DISTINCT idempotency_key) FROM orders";
        assert_eq!(count(&database, twice).await, 0);
        orders.running.kill().await;
    }
}

#[tokio::test]
async fn an_order_can_be_read_after_a_crash() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let placed: Answer = orders.place("k1", &tea()).await;
    orders.running.kill().await;
    let orders = Orders::start(&folder, &users, &[]).await;
    assert_eq!(orders.get(placed.header("location")).await.json(), placed.json());
}

#[tokio::test]
async fn a_commit_that_fails_is_an_unknown_outcome_that_names_the_key() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("order.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    // A promise to another table that is checked with the commit, and broken by every order.
    sqlx::raw_sql(
        "CREATE TABLE promised (id TEXT PRIMARY KEY);
         CREATE TABLE promises
             (id TEXT REFERENCES promised (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER break_at_commit AFTER INSERT ON orders
             BEGIN INSERT INTO promises VALUES (NEW.id); END;",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let answer = orders.place("k1", &tea()).await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (504, "outcome_unknown"));
    assert_eq!(answer.json()["idempotency_key"], "k1");
    assert_eq!(answer.header("retry-after"), "1");

    sqlx::raw_sql("DROP TRIGGER break_at_commit").execute(&mut connection).await.unwrap();
    let repeated = orders.place("k1", &tea()).await;
    assert_eq!(repeated.status, 201, "the key is free to be repeated: {}", repeated.text);
    assert_eq!(orders.all().await.len(), 1);
}
