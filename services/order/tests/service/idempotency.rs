//! A key places one order, however its requests meet.

use std::{collections::HashSet, time::Duration};

use kit::testing::Answer;
use serde_json::json;

use super::{
    client::{Orders, USER, tea},
    users::{Mode, PATIENCE, Users},
};

/// Without the limits on time, so that a test alone decides how long a lookup takes.
const PATIENT: [&str; 2] = ["--stack", "bare"];

#[tokio::test]
async fn a_repetition_gets_the_same_answer_and_asks_nobody() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    let first = orders.place("k1", &tea()).await;
    // The same fields in another order and with other blanks.
    let body = format!("{{ \"quantity\": 2,\n \"item\":\"tea\", \"user_id\":\"{USER}\" }}");
    let request = orders.order("k1", &tea()).body(body);
    let again = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(users.count(), 1);
}

#[tokio::test]
async fn a_key_is_not_used_for_two_things() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &[]).await;
    orders.place("k1", &tea()).await;
    let other = json!({ "user_id": USER, "item": "coffee", "quantity": 2 });
    let refused = orders.place("k1", &other).await;
    assert_eq!((refused.status.as_u16(), &*refused.reason()), (422, "idempotency_key_reused"));
    assert_eq!(orders.all().await.len(), 1);
}

#[tokio::test]
async fn a_repetition_of_an_order_in_progress_is_told_to_come_back() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &PATIENT).await;
    users.set(Mode::Hangs);
    let first = tokio::spawn(orders.order("k1", &tea()).send());
    users.arrived(1).await;
    let second = orders.place("k1", &tea()).await;
    assert_eq!((second.status.as_u16(), &*second.reason()), (409, "order_in_progress"));
    assert_eq!(second.header("retry-after"), "1");
    users.set(Mode::Known);
    assert_eq!(first.await.unwrap().unwrap().status(), 201);
    assert_eq!(orders.place("k1", &tea()).await.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn requests_at_the_same_time_place_one_order() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &PATIENT).await;
    for round in 0..20 {
        let key = format!("k{round}");
        let sent: Vec<_> =
            (0..8).map(|_| tokio::spawn(orders.order(&key, &tea()).send())).collect();
        let mut ids = HashSet::new();
        for answer in sent {
            let answer = Answer::read(answer.await.unwrap().unwrap()).await;
            match answer.status.as_u16() {
                201 => drop(ids.insert(answer.json()["id"].to_string())),
                409 => assert_eq!(answer.reason(), "order_in_progress"),
                other => panic!("{other}: {}", answer.text),
            }
        }
        assert_eq!(ids.len(), 1);
        assert_eq!(orders.all().await.len(), round + 1);
    }
}

#[tokio::test]
async fn two_processes_on_one_database_place_one_order() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let one = Orders::start(&folder, &users, &PATIENT).await;
    let other = Orders::start(&folder, &users, &PATIENT).await;
    users.set(Mode::Hangs);
    let sent = [&one, &other].map(|orders| tokio::spawn(orders.order("k1", &tea()).send()));
    // Both have found the key unused: from here on only the table can tell.
    users.arrived(2).await;
    users.set(Mode::Known);
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(Answer::read(answer.await.unwrap().unwrap()).await);
    }
    assert_eq!((answers[0].status.as_u16(), &answers[0].text), (201, &answers[1].text));
    let replayed = answers.iter().filter(|a| a.header("idempotency-replayed") == "true");
    assert_eq!(replayed.count(), 1);
    assert_eq!(one.all().await.len(), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_keep_its_key() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let orders = Orders::start(&folder, &users, &PATIENT).await;
    users.set(Mode::Hangs);
    let leaving = tokio::spawn(orders.order("k1", &tea()).send());
    users.arrived(1).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    users.set(Mode::Known);
    // The service learns of it when it next looks at the connection.
    let answer = tokio::time::timeout(PATIENCE, async {
        loop {
            let answer = orders.place("k1", &tea()).await;
            if answer.status != 409 {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(answer.await.expect("the key gets free").status, 201);
    assert_eq!(orders.all().await.len(), 1);
}
