use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use chaos::fleet::{Habits, Running, Schedule};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use system_tests::{Demo, Ended, Home, Programs, alive};

use crate::{alone, assert_nothing_is_left};

pub(crate) async fn chaos(home: &Home, args: &[&str]) -> Ended {
    let mut command = home.chaos(&Programs::built().plain);
    command.args(args);
    Demo::start(command).ended().await
}

/// A demo in the foreground, ready to be played with.
pub(crate) async fn up(home: &Home, programs: &Path) -> Demo {
    let mut command = home.chaos(programs);
    command.args(["up", "--any-ports"]);
    let mut demo = Demo::start(command);
    demo.tells("press Ctrl-C").await;
    demo
}

fn running(home: &Home) -> Running {
    home.fleet().expect("a demo runs").fleet.expect("it is ready")
}

#[tokio::test]
async fn a_demo_in_the_background_is_well_and_down_leaves_nothing_of_it() {
    let _built = Programs::built();
    let _turn = alone().await;
    let home = Home::new();
    let up = chaos(&home, &["up", "-d", "--any-ports"]).await;
    assert_eq!(up.code, Some(0), "{up:?}");
    let supervisor = home.fleet().expect("a demo runs").supervisor;
    let fleet = running(&home);
    assert!(up.stdout.contains(fleet.members[0].url.as_ref().unwrap()), "{}", up.stdout);
    assert!(up.stdout.contains("fleet.log"), "{}", up.stdout);

    // Operators are let in by the same token, on the ports themselves and through the dashboard.
    assert_eq!(fleet.operators.len(), 3, "{:?}", fleet.operators);
    let http = reqwest::Client::new();
    let asked = async |url: String, token: &str| {
        let answer = http.get(url).bearer_auth(token).send().await.expect("it answers");
        answer.status().as_u16()
    };
    for url in fleet.operators.values() {
        assert!(up.stdout.contains(url), "{}", up.stdout);
        assert_eq!(asked(format!("{url}/policies"), &fleet.token).await, 200);
        assert_eq!(asked(format!("{url}/policies"), "another-token-than-that").await, 401);
    }
    let page = format!("{}/policies", fleet.members[3].url.as_ref().unwrap());
    assert!(up.stdout.contains(&page), "{}", up.stdout);
    assert_eq!(asked(page, &fleet.token).await, 200);

    let health = chaos(&home, &["health"]).await;
    assert_eq!(health.code, Some(0), "{health:?}");
    assert!(health.stdout.lines().count() >= 5, "{}", health.stdout);
    assert!(health.stdout.lines().all(|line| line.contains('✔')), "{}", health.stdout);

    let second = chaos(&home, &["up", "--any-ports"]).await;
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(second.stderr.contains(&format!("process {}", supervisor.pid)), "{}", second.stderr);

    let plan = json!({ "fault": { "error": { "status": 503 } }, "rate": 1, "expires_in": "1m" });
    let url = format!("{}/flags/failing", fleet.operators["user"]);
    let arm = reqwest::Client::new().put(url).bearer_auth(&fleet.token);
    let arm =
        arm.header("x-resilience-command", "1").json(&json!({ "policy": "user", "plan": plan }));
    assert!(arm.send().await.expect("the user service answers").status().is_success());
    let health = chaos(&home, &["health"]).await;
    assert_eq!(health.code, Some(1), "the token opens the switch: {health:?}");

    let down = chaos(&home, &["down"]).await;
    assert_eq!(down.code, Some(0), "{down:?}");
    assert!(down.stderr.contains("order-guarded, order-bare"), "{}", down.stderr);
    assert!(!supervisor.runs());
    assert_nothing_is_left(&home);
    let again = chaos(&home, &["down"]).await;
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), "no demo runs"));
}

#[tokio::test]
async fn a_member_killed_from_outside_is_seen_dead_and_started_again_in_its_place() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let mut demo = up(&home, programs).await;
    let members = running(&home).members;
    let (pid, _) = home.service("--stack bare");
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let looked = chaos(&home, &["health", "--no-restart"]).await;
    demo.tells("order-bare died: signal: 9").await;
    assert_eq!(looked.code, Some(1), "{looked:?}");
    assert!(looked.stdout.contains("✘ order-bare    ready  failed: it is dead"), "{looked:?}");
    assert!(looked.stdout.contains("✔ order-guarded order  ok"), "{looked:?}");

    let mended = chaos(&home, &["health", "--json"]).await;
    assert_eq!(mended.code, Some(0), "{mended:?}");
    assert_eq!(mended.stderr, "order-bare is dead, it is started");
    let round: Value = serde_json::from_str(&mended.stdout).unwrap();
    assert_eq!(round["healthy"], true);
    let restarted = |check: &&Value| check["word"] == "restarted";
    let restarted: Vec<_> = round["checks"].as_array().unwrap().iter().filter(restarted).collect();
    assert!(matches!(restarted[..], [check] if check["member"] == "order-bare"), "{round}");
    demo.tells("order-bare is back").await;

    let looked = chaos(&home, &["health", "--no-restart"]).await;
    assert_eq!(looked.code, Some(0), "at the same address as before: {looked:?}");
    assert_eq!(running(&home).members, members);
    demo.signal(Signal::SIGINT);
    let ended = demo.ended().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("orders acknowledged/not"), "{}", ended.stderr);
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn the_next_command_cleans_up_after_a_demo_that_was_killed() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let demo = up(&home, programs).await;
    let pids = home.services();
    demo.signal(Signal::SIGKILL);
    assert_eq!(demo.ended().await.code, None);
    assert!(pids.iter().all(|&pid| alive(pid)), "nobody else ends them");
    let left = home.processes();
    assert!(pids.len() == 4 && pids.iter().all(|pid| left.contains(pid)), "{pids:?} in {left:?}");

    let health = chaos(&home, &["health"]).await;
    assert_eq!(health.code, Some(4), "{health:?}");
    for part in ["cleaned up after 1 killed run", "its state file is removed", "no demo runs"] {
        assert!(health.stderr.contains(part), "{}", health.stderr);
    }
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn the_monkey_kills_whom_its_seed_says_and_tells_when_all_are_dead() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let demo = up(&home, programs).await;
    let args = ["monkey", "--every", "200ms", "--for", "3s", "--seed", "3", "--json"];
    let monkey = chaos(&home, &args).await;
    assert_eq!(monkey.code, Some(0), "{monkey:?}");
    assert!(monkey.stderr.contains("seed 3"), "{}", monkey.stderr);

    let habits = Habits {
        prey: ["user", "order-guarded", "order-bare"].map(str::to_owned).into(),
        every: Duration::from_millis(200),
        length: Duration::from_secs(3),
        count: 20,
        seed: 3,
    };
    let mut dead = Vec::new();
    let expected = Schedule::new(habits).map(|strike| {
        let what = if dead.contains(&strike.victim) { "skipped" } else { "killed" };
        dead.push(strike.victim.clone());
        (strike.victim, what.to_owned())
    });
    let expected: Vec<_> = expected.collect();
    let told = monkey.stdout.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        (word("member"), word("what"))
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let killed = expected.iter().filter(|(_, what)| what == "killed").count();
    assert_eq!(killed, 3, "the seed is chosen so that nobody is spared");

    let monkey = chaos(&home, &["monkey", "--every", "100ms", "--count", "2"]).await;
    assert_eq!(monkey.code, Some(3), "{monkey:?}");
    assert!(monkey.stdout.contains("dead already"), "{}", monkey.stdout);
    let stranger = chaos(&home, &["monkey", "--only", "dog"]).await;
    assert_eq!(stranger.code, Some(2), "{stranger:?}");
    assert!(stranger.stderr.contains("dog is no member"), "{}", stranger.stderr);
    demo.signal(Signal::SIGTERM);
    assert_eq!(demo.ended().await.code, Some(0));
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_test_starts_its_own_demo_and_mends_what_the_monkey_breaks() {
    let _built = Programs::built();
    let _turn = alone().await;
    let home = Home::new();
    let args = ["test", "--for", "6s", "--every", "1s", "--seed", "1", "--json"];
    let test = chaos(&home, &args).await;
    assert_eq!(test.code, Some(0), "{test:?}");
    let summary: Value = serde_json::from_str(&test.stdout).unwrap();
    assert_eq!((&summary["healthy"], &summary["seed"]), (&json!(true), &json!(1)));
    for count in ["kills", "rounds", "rounds_with_dead", "restarts"] {
        assert!(summary[count].as_u64().unwrap() > 0, "{count} in {summary}");
    }
    assert!(summary["longest_dead_s"].as_f64().unwrap() > 0.0, "{summary}");
    assert!(test.stderr.contains("this check decides"), "{}", test.stderr);
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_test_in_which_nothing_was_killed_is_inconclusive() {
    let programs = &Programs::built().plain;
    let _turn = alone().await;
    let home = Home::new();
    let demo = up(&home, programs).await;
    let test = chaos(&home, &["test", "--for", "1s", "--every", "1m"]).await;
    assert_eq!(test.code, Some(3), "{test:?}");
    assert!(test.stdout.contains("nothing was killed: inconclusive"), "{}", test.stdout);
    assert!(home.fleet().is_some(), "a demo that it has not started goes on");
    demo.signal(Signal::SIGINT);
    assert_eq!(demo.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_way_out() {
    let home = Home::new();
    // When another process has it, it is taken as well.
    let _listener = TcpListener::bind("127.0.0.1:5001");
    let up = chaos(&home, &["up"]).await;
    assert_eq!(up.code, Some(4), "{up:?}");
    assert!(up.stderr.contains("5001 (user)"), "{}", up.stderr);
    assert!(up.stderr.contains("--any-ports"), "{}", up.stderr);
    let up = chaos(&home, &["up", "-d"]).await;
    assert_eq!(up.code, Some(4), "{up:?}");
    assert!(up.stderr.contains("| error: taken on 127.0.0.1: port 5001"), "{}", up.stderr);
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn without_a_demo_the_commands_say_how_to_start_one() {
    let home = Home::new();
    for args in [&["monkey"][..], &["health"], &["health", "--watch"]] {
        let ended = chaos(&home, args).await;
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert!(ended.stderr.contains("start one with: chaos up"), "{}", ended.stderr);
    }
    for args in [&["monkey", "--every", "0s"][..], &["monkey", "--count", "0"], &["up", "--rate"]] {
        assert_eq!(chaos(&home, args).await.code, Some(2), "{args:?}");
    }
}

#[tokio::test]
async fn a_dashboard_is_a_member_that_the_monkey_leaves_alone_unless_it_is_named() {
    let _built = Programs::built();
    let _turn = alone().await;
    let home = Home::new();
    let demo = up(&home, &Programs::built().plain).await;
    let fleet = running(&home);
    let names: Vec<_> = fleet.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["user", "order-guarded", "order-bare", "dashboard"]);
    let shown =
        reqwest::get(format!("{}/state", fleet.members[3].url.as_ref().unwrap())).await.unwrap();
    let shown: Value = shown.json().await.unwrap();
    let shown = shown["services"].as_array().unwrap().iter().map(|service| &service["name"]);
    assert!(shown.eq(["user", "order-guarded", "order-bare"]), "it watches the others");
    let habits = ["monkey", "--every", "100ms", "--for", "2s"];
    let monkey = chaos(&home, &habits).await;
    assert!(!monkey.stdout.contains("dashboard"), "{}", monkey.stdout);
    let only = [&habits[..], &["--only", "dashboard", "--count", "1"]].concat();
    let monkey = chaos(&home, &only).await;
    assert!(monkey.stdout.contains("killed dashboard"), "{monkey:?}");
    let health = chaos(&home, &["health"]).await;
    assert_eq!(health.code, Some(0), "{health:?}");
    assert!(health.stdout.contains("↻ dashboard"), "{}", health.stdout);
    demo.signal(Signal::SIGINT);
    assert_eq!(demo.ended().await.code, Some(0));
}

#[tokio::test]
async fn the_doctor_finds_a_machine_that_builds_this_fit_for_the_demo() {
    let home = Home::new();
    let doctor = chaos(&home, &["doctor", "--json"]).await;
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    let findings: Vec<Value> = serde_json::from_str(&doctor.stdout).unwrap();
    let rustc = findings.iter().find(|finding| finding["name"] == "rustc").unwrap();
    assert_eq!((&rustc["ok"], &rustc["need"]), (&json!(true), &json!("cargo demo")));
    let mut command = home.chaos(&Programs::built().plain);
    command.arg("doctor").env("PATH", "/nowhere");
    let lost = Demo::start(command).ended().await;
    assert_eq!(lost.code, Some(1), "{lost:?}");
    assert!(lost.stdout.contains("✘ rustc"), "{}", lost.stdout);
}
