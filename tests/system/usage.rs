use std::fs;
use std::io::pipe;

use system_tests::{Demo, Ended, Home, Programs};

async fn chaos(home: &Home, args: &[&str]) -> Ended {
    let mut command = home.chaos(&Programs::built().plain);
    command.args(args);
    Demo::start(command).ended().await
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_names_what_is_wrong() {
    let home = Home::new();
    for (args, part) in [
        (&["demo", "--rate", "0"][..], "--rate"),
        (&["demo", "--without", "tires"], "tires"),
        (&["demo", "--project", "shop"], "--compose"),
        (&["demo", "--compose", "--without", "retry"], "--without"),
        (&["demolish"], "demolish"),
    ] {
        let ended = chaos(&home, args).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_help_tells_the_exit_codes() {
    let ended = chaos(&Home::new(), &["demo", "--help"]).await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.contains("Exit codes"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_found_before_anything_starts() {
    let home = Home::new();
    let ended = chaos(&home, &["demo", "--report", "missing/report.json"]).await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("missing/report.json"), "{}", ended.stderr);
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}

#[tokio::test]
async fn without_a_docker_engine_it_is_told_what_to_do() {
    let home = Home::new();
    let mut command = home.chaos(&Programs::built().plain);
    let socket = format!("unix://{}", home.path().join("docker.sock").display());
    command.args(["demo", "--compose"]).env("DOCKER_HOST", &socket);
    let ended = Demo::start(command).ended().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.stderr.contains(&socket), "{}", ended.stderr);
    assert!(ended.stderr.contains("set DOCKER_HOST"), "{}", ended.stderr);
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}

#[tokio::test]
async fn a_missing_service_is_named_with_the_command_that_builds_it() {
    let home = Home::new();
    fs::copy(Programs::built().plain.join("chaos"), home.path().join("chaos")).unwrap();
    let mut command = home.chaos(home.path());
    command.arg("demo");
    let ended = Demo::start(command).ended().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("--bin user --bin order"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_service_that_does_not_start_ends_the_run_with_its_last_words() {
    let home = Home::new();
    let ended = chaos(&home, &["demo", "--no-dashboard", "--order-arg=--no-such-option"]).await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("guarded order service did not start"), "{}", ended.stderr);
    assert!(ended.stderr.contains("no-such-option"), "{}", ended.stderr);
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}

#[tokio::test]
async fn it_ends_as_ever_when_nobody_reads_what_it_says() {
    let home = Home::new();
    for (args, code) in [(&["cleanup"][..], 0), (&["demo", "--report", "missing/report.json"], 4)] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = home.chaos(&Programs::built().plain);
        command.args(args).stdout(writer.try_clone().unwrap()).stderr(writer);
        assert_eq!(command.status().await.unwrap().code(), Some(code), "{args:?}");
    }
}

#[tokio::test]
async fn with_nothing_left_there_is_nothing_to_clean_up() {
    let ended = chaos(&Home::new(), &["cleanup"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "nothing to clean up"));
}
