//! The policies come from a file that changes while orders are placed.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use kit::{
    Name,
    outbound::{Client, Look, PolicyFile, Settings, Without},
    testing::refusal,
};
use serde_json::Value;

use super::{
    client::{BINARY, Orders, tea},
    users::{PATIENCE, Users},
};

/// Policies of which one number differs.
fn policies(min_calls: u32) -> String {
    format!(
        "deadline = {{ limit = \"5s\" }}\ntimeout = {{ limit = \"4s\" }}\n\
         retry = {{ max_attempts = 2 }}\n[circuit_breaker]\n\
         window = {{ kind = \"count\", size = 1000000 }}\nmin_calls = {min_calls}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_changes_under_load_lose_no_call_and_no_result_and_the_wrong_ones_are_named() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let path = folder.path().join("policies.toml");
    fs::write(&path, policies(50)).unwrap();
    let without = Without::default();
    let (mut file, first) = PolicyFile::open(&path, &without).unwrap();
    let name = Name::from_static("reload-under-load");
    let client = Client::guarded("user", name, Settings::default(), &without, Some(first)).unwrap();
    let running = client.running().unwrap().clone();

    let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (client, url) = (client.clone(), format!("{}/users/1", users.url));
            let (stop, made) = (Arc::clone(&stop), Arc::clone(&made));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let request = http::Request::get(&url).body(Bytes::new()).unwrap();
                    let answer = client.send(request).await.unwrap();
                    assert_eq!(answer.status(), 200);
                    made.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let begun = tokio::time::Instant::now();
    for change in 0..500_u32 {
        let before = made.load(Ordering::Relaxed);
        let more = async {
            while made.load(Ordering::Relaxed) == before {
                tokio::task::yield_now().await;
            }
        };
        // Each change meets calls that run.
        tokio::time::timeout(PATIENCE, more).await.expect("calls go on");
        let min_calls = 100 + change;
        fs::write(&path, policies(min_calls)).unwrap();
        assert_eq!(file.look(&running), Look::Applied);
        fs::write(&path, policies(min_calls).replace("\"5s\"", "\"3s\"")).unwrap();
        let Look::Refused(told) = file.look(&running) else { panic!("a wrong file was taken") };
        let expected = "timeout.limit is 4s, but must be below deadline.limit, which is 3s";
        assert!(told.contains(expected), "{told}");
        assert_eq!(file.look(&running), Look::Same, "a mistake is told once");
        let breaker = running.settings().circuit_breaker.unwrap();
        assert_eq!(breaker.on().unwrap().min_calls, Some(min_calls));
    }
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("every call was answered");
    }
    let made = made.load(Ordering::Relaxed);
    let states = serde_json::to_value(client.policies()).unwrap();
    let breaker = &states[0];
    assert_eq!((&breaker["calls"], &breaker["failed"]), (&made.into(), &0.into()), "{breaker}");
    println!("{made} calls during 500 good and 500 wrong changes in {took:?}");
}

#[tokio::test]
async fn a_service_follows_its_file_and_its_window_stays() {
    let (folder, users) = (tempfile::tempdir().unwrap(), Users::start().await);
    let path = folder.path().join("policies.toml");
    fs::write(&path, policies(50)).unwrap();
    let args = ["--policies", path.to_str().unwrap()];
    let orders = Orders::start(&folder, &users, &args).await;
    assert_eq!(orders.running.ready()["limits"]["breaker_min_calls"], 50);
    assert_eq!(orders.place("k1", &tea()).await.status, 201);
    let min_calls = async |wanted: u32| loop {
        let state = orders.get("/state").await.json();
        let rules = state["policies"][0]["thresholds"].as_array().unwrap().clone();
        let rule = rules.iter().find(|rule| rule["rule"] == "failure_rate").unwrap().clone();
        if rule["min_calls"] == wanted {
            return rule;
        }
        assert_ne!(rule["min_calls"], 7, "that file was wrong");
        tokio::task::yield_now().await;
    };
    for (wrong, right) in [(7, 60), (7, 70)] {
        fs::write(&path, format!("{}open_for = 3\n", policies(wrong))).unwrap();
        fs::write(&path, policies(right)).unwrap();
        tokio::time::timeout(PATIENCE, min_calls(right)).await.expect("it follows its file");
    }
    let calls: Value = orders.get("/state").await.json()["policies"][0]["calls"].clone();
    assert_eq!(calls, 1, "what the window holds stays");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stops_the_start_with_all_its_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.toml");
    fs::write(&path, "deadline = { limit = 3 }\nretries = {}\n").unwrap();
    for (file, told) in [
        (&*path, vec!["deadline.limit is 3", "retries"]),
        (Path::new("/nowhere/policies.toml"), vec!["--policies is /nowhere/policies.toml"]),
    ] {
        let database = folder.path().join("order.db");
        let args = [
            "--listen",
            "127.0.0.1:0",
            "--database",
            database.to_str().unwrap(),
            "--policies",
            file.to_str().unwrap(),
        ];
        let (code, line) = refusal(BINARY, &args, &[]).await;
        assert_eq!(code, 2, "{line}");
        assert!(told.iter().all(|part| line.contains(part)), "{line}");
    }
}
