//! A supervisor with processes that are shell scripts, asked through its socket.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{Claim, Fleet, Local, Options, Purpose, State, Supervisor};
use crate::target::fake::{dashboard_app, script, serve};
use crate::target::{Binaries, Journal, Ports};

/// The longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(30);

/// A supervisor of members that are not ready when the first of them is asked, and count in
/// `looks` how often all were.
async fn supervisor(directory: &TempDir, looks: &Arc<AtomicUsize>) -> Supervisor {
    let (path, state) = (directory.path(), directory.path().join("state"));
    let address = serve(dashboard_app(Arc::clone(looks))).await;
    let binaries = Binaries {
        user: script(path, "user", address),
        order: script(path, "order", address),
        dashboard: None,
    };
    let journal = Journal::open(&state).unwrap();
    let claim = Claim::take(&state, Purpose::Play).await.unwrap().unwrap();
    let options = Options { binaries, ports: Ports::ANY };
    Supervisor::start(options, claim, journal).await.unwrap()
}

/// Runs a supervisor for as long as `work` takes, and gives what it told.
async fn with_fleet(work: impl AsyncFnOnce(Local)) -> Vec<String> {
    with_looks(async |fleet, _| work(fleet).await).await
}

/// The same, with the count of how often members were asked whether they are ready.
async fn with_looks(work: impl AsyncFnOnce(Local, &AtomicUsize)) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let looks = Arc::default();
    let mut supervisor = supervisor(&directory, &looks).await;
    let local = Local::find(&directory.path().join("state")).unwrap().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = |line: &str| told.lock().unwrap().push(line.to_owned());
    tokio::select! {
        () = supervisor.run(&tell) => panic!("it has no end"),
        done = timeout(PATIENCE, work(local, &looks)) => done.unwrap(),
    }
    drop(supervisor);
    assert_eq!(State::living(&directory.path().join("state")).unwrap(), None);
    let told = told.lock().unwrap();
    told.clone()
}

async fn running(fleet: &Local) -> Vec<String> {
    let members = fleet.members().await.unwrap().into_iter();
    members.filter(|member| member.runs).map(|member| member.name).collect()
}

#[tokio::test]
async fn a_member_is_killed_and_started_and_both_are_told() {
    let told = with_fleet(async |fleet| {
        assert_eq!(running(&fleet).await, ["user", "order-guarded", "order-bare"]);
        fleet.kill("order-guarded").await.unwrap();
        assert_eq!(running(&fleet).await, ["user", "order-bare"]);
        fleet.start("order-guarded").await.unwrap();
        assert_eq!(running(&fleet).await.len(), 3);
    })
    .await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "order-guarded died: signal: 9 (SIGKILL)");
    assert_eq!(told[1], "order-guarded is back");
}

#[tokio::test]
async fn a_start_is_done_when_the_member_is_ready_and_not_when_it_serves() {
    let told = with_looks(async |fleet, looks| {
        fleet.kill("user").await.unwrap();
        fleet.start("user").await.unwrap();
        assert_eq!(looks.load(Ordering::Relaxed), 2, "the first answer is that it is not ready");
    })
    .await;
    assert_eq!(told.last().unwrap(), "user is back");
}

#[tokio::test]
async fn who_is_dead_is_not_killed_and_who_runs_is_not_started() {
    let told = with_fleet(async |fleet| {
        fleet.start("user").await.unwrap();
        fleet.kill("user").await.unwrap();
        let error = fleet.kill("user").await.unwrap_err();
        assert_eq!(error.to_string(), "user is dead already");
        let error = fleet.start("dog").await.unwrap_err().to_string();
        assert!(error.starts_with("dog is no member of this demo, expected one of user"));
    })
    .await;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn two_who_start_the_same_member_at_once_start_it_once() {
    let told = with_fleet(async |fleet| {
        fleet.kill("user").await.unwrap();
        let (one, other) = tokio::join!(fleet.start("user"), fleet.start("user"));
        one.and(other).unwrap();
    })
    .await;
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test]
async fn nonsense_is_answered_and_silence_holds_nobody_up() {
    with_fleet(async |fleet| {
        let _silent = UnixStream::connect(fleet.socket()).await.unwrap();
        let mut stream = UnixStream::connect(fleet.socket()).await.unwrap();
        stream.write_all(b"{\"request\":\"dance\"}\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("{\"error\":") && answer.ends_with('\n'), "{answer}");
        assert!(answer.contains("dance"), "{answer}");
        assert_eq!(running(&fleet).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_that_is_gone_is_named_by_its_socket() {
    let local = Local::new("/nowhere/control.sock".into());
    let error = format!("{:#}", local.members().await.unwrap_err());
    assert!(error.contains("/nowhere/control.sock") && error.contains("nobody"), "{error}");
}

#[tokio::test]
async fn stopping_passes_over_the_dead_and_leaves_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let mut supervisor = supervisor(&directory, &Arc::default()).await;
    let fleet = supervisor.local();
    tokio::select! {
        () = supervisor.run(&|_| {}) => panic!("it has no end"),
        killed = fleet.kill("user") => killed.unwrap(),
    }
    let unclean = supervisor.stop().await;
    // A script that is ended by the signal has not drained, and that is told of each.
    let names: Vec<_> = unclean.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["order-bare", "order-guarded"], "{unclean:?}");
}
