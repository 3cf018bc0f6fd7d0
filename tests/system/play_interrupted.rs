use nix::sys::signal::Signal;
use system_tests::{Demo, Home, PATIENCE, Programs};
use tokio::time::{Duration, sleep, timeout};

use crate::play::{chaos, up};
use crate::{alone, assert_nothing_is_left};

/// The lines of a look at a demo with a dashboard: one for each member, and one for each order.
const LINES: usize = 6;

/// Starts `args` and sends `signal` when standard error has a line with `part`.
async fn signalled(home: &Home, args: &[&str], part: &str, signal: Signal) -> Option<i32> {
    let mut command = home.chaos(&Programs::built().plain);
    command.args(args);
    let mut demo = Demo::start(command);
    demo.tells(part).await;
    demo.signal(signal);
    demo.ended().await.code
}

#[tokio::test]
async fn a_signal_while_a_demo_starts_runs_or_is_tested_leaves_nothing() {
    let _built = Programs::built();
    let _turn = alone().await;
    let test = ["test", "--json", "--every", "500ms"];
    for (args, part, code) in [
        (&["up", "--any-ports"][..], "the services start", 130),
        (&["up", "--any-ports"], "press Ctrl-C", 0),
        (&["up", "--any-ports", "--rate", "0"], "press Ctrl-C", 0),
        (&test, "one is started", 130),
        (&test, "the monkey strikes", 130),
        (&test, "killed", 130),
        (&test, "started again", 130),
    ] {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let home = Home::new();
            let ended = signalled(&home, args, part, signal).await;
            assert_eq!(ended, Some(code), "{args:?} at {part:?}");
            assert_nothing_is_left(&home);
        }
    }
}

#[tokio::test]
async fn a_start_in_the_background_that_is_interrupted_leaves_nothing() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let mut command = home.chaos(programs);
    command.args(["up", "-d", "--any-ports"]);
    let demo = Demo::start(command);
    let begun = async {
        while home.fleet().is_none() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, begun).await.expect("it takes its claim first");
    let supervisor = home.fleet().expect("it was there a moment ago").supervisor;
    demo.signal(Signal::SIGINT);
    let ended = demo.ended().await;
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(!supervisor.runs());
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_signal_ends_the_monkey_and_the_watch_and_not_the_demo() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let mut demo = up(&home, programs).await;
    let code = signalled(&home, &["monkey"], "the monkey strikes", Signal::SIGINT).await;
    assert_eq!(code, Some(130));

    let watch = |extra: &[&str]| {
        let mut command = home.chaos(programs);
        command.args(["health", "--watch", "--every", "100ms"]).args(extra);
        Demo::start(command)
    };
    let bounded = watch(&["--for", "300ms"]).ended().await;
    assert_eq!(bounded.code, Some(0), "{bounded:?}");
    // On a slow machine the first look takes longer than that, and no look is cut short.
    let lines = bounded.stdout.lines().count();
    assert!(lines > 0 && lines.is_multiple_of(LINES), "{}", bounded.stdout);
    let endless = watch(&[]);
    for _ in 0..2 {
        // When a second one is back, the round that brought back the first is over.
        let killed = chaos(&home, &["monkey", "--every", "100ms", "--count", "1"]).await;
        assert_eq!(killed.code, Some(0), "{killed:?}");
        demo.tells("is back").await;
    }
    endless.signal(Signal::SIGINT);
    let endless = endless.ended().await;
    // A round in which a member was killed may have failed, and rightly.
    let last: Vec<_> = endless.stdout.lines().rev().take(LINES).collect();
    let well = last.iter().all(|line| !line.contains('✘'));
    assert_eq!(endless.code, Some(i32::from(!well)), "{endless:?}");
    assert!(endless.stderr.contains("the last round decides"), "{}", endless.stderr);

    demo.signal(Signal::SIGINT);
    assert_eq!(demo.ended().await.code, Some(0));
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_test_that_is_interrupted_starts_again_whom_it_has_killed() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let demo = up(&home, programs).await;
    let test = ["test", "--json", "--every", "300ms"];
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        assert_eq!(signalled(&home, &test, "× killed", signal).await, Some(130));
        let health = chaos(&home, &["health", "--no-restart"]).await;
        assert_eq!(health.code, Some(0), "{health:?}");
    }
    demo.signal(Signal::SIGINT);
    assert_eq!(demo.ended().await.code, Some(0));
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn the_demo_of_a_test_is_its_own() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let mut command = home.chaos(programs);
    // The first strike comes before the end with any seed: without one the test ends at once.
    command.args(["test", "--for", "10m", "--every", "5m"]);
    let mut test = Demo::start(command);
    test.tells("the monkey strikes").await;
    for args in [&["test"][..], &["monkey"], &["health"], &["down"], &["up", "--any-ports"]] {
        let refused = chaos(&home, args).await;
        assert_eq!(refused.code, Some(4), "{args:?}: {refused:?}");
        assert!(refused.stderr.contains("belongs to the chaos test"), "{}", refused.stderr);
    }
    test.signal(Signal::SIGINT);
    assert_eq!(test.ended().await.code, Some(130));
    assert_nothing_is_left(&home);
}
