use nix::sys::signal::Signal;
use system_tests::{Demo, Home, Programs, alive, in_group};
use tokio::task::JoinSet;

use crate::{alone, assert_nothing_is_left};

fn start(home: &Home) -> Demo {
    let mut command = home.chaos(&Programs::built().plain);
    // Few orders: several demos run at once here, and nothing is measured.
    command.args(["demo", "--no-dashboard", "--quick", "--rate", "10"]);
    Demo::start(command)
}

/// The services of a demo, which must be running at this point.
fn services(home: &Home) -> Vec<i32> {
    let pids = home.services();
    assert!(pids.iter().filter(|&&pid| alive(pid)).count() >= 2, "no services: {pids:?}");
    pids
}

/// Fails when a process of `pids`, or of a group that one led, is there, or anything of `home`.
fn assert_all_are_gone(home: &Home, pids: &[i32]) {
    for &pid in pids {
        assert!(!alive(pid), "process {pid} still runs");
        assert!(in_group(pid).is_empty(), "of the group {pid}: {:?}", in_group(pid));
    }
    assert_nothing_is_left(home);
}

#[tokio::test]
async fn a_signal_in_any_phase_leaves_nothing() {
    let _built = Programs::built();
    let _turn = alone().await;
    let mut demos = JoinSet::new();
    for (part, signal) in [
        ("limits of the guarded service", Signal::SIGINT),
        (": baseline", Signal::SIGINT),
        (": slow", Signal::SIGINT),
        ("injected: 15 % of the calls to the user service take", Signal::SIGTERM),
        (": failing", Signal::SIGINT),
        (": killed", Signal::SIGINT),
        ("injected: the user service is killed", Signal::SIGINT),
        (": recovery", Signal::SIGINT),
        ("all phases are done", Signal::SIGTERM),
    ] {
        demos.spawn(async move {
            let home = Home::new();
            let mut demo = start(&home);
            demo.tells(part).await;
            let pids = services(&home);
            demo.signal(signal);
            let ended = demo.ended().await;
            assert_eq!(ended.code, Some(130), "{part}: {}", ended.stderr);
            assert!(ended.stderr.contains(signal.as_str()), "{}", ended.stderr);
            assert_all_are_gone(&home, &pids);
            assert!(!home.path().join("report.json").exists(), "{part}: no report of half a run");
        });
    }
    while let Some(demo) = demos.join_next().await {
        demo.unwrap();
    }
}

#[tokio::test]
async fn the_next_command_ends_what_a_killed_one_left() {
    let _built = Programs::built();
    let _turn = alone().await;
    let home = Home::new();
    let mut killed = start(&home);
    killed.tells("injected").await;
    let pids = services(&home);
    // Another demo that goes on meanwhile, in the same state directory.
    let mut other = start(&home);
    other.tells(": baseline").await;
    let others: Vec<_> = home.services().into_iter().filter(|pid| !pids.contains(pid)).collect();

    killed.signal(Signal::SIGKILL);
    assert_eq!(killed.ended().await.code, None);
    assert!(pids.iter().all(|&pid| alive(pid)), "nobody else ends them");

    let mut command = home.chaos(&Programs::built().plain);
    command.arg("cleanup");
    let cleaned = Demo::start(command).ended().await;
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.stderr);
    assert!(cleaned.stderr.contains("ended 3 process"), "{}", cleaned.stderr);
    assert!(pids.iter().all(|&pid| !alive(pid) && in_group(pid).is_empty()));
    assert!(others.iter().all(|&pid| alive(pid)), "the other demo is left alone");

    other.signal(Signal::SIGINT);
    assert_eq!(other.ended().await.code, Some(130));
    assert_all_are_gone(&home, &others);
}
