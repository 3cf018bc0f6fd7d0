use chaos::analysis::Verdict;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use system_tests::{Demo, Home, Programs};

use crate::alone;

#[tokio::test]
async fn a_bare_service_that_dies_in_the_middle_leaves_the_run_inconclusive() {
    let home = Home::new();
    let programs = &Programs::built().plain;
    let turn = alone().await;
    let mut command = home.chaos(programs);
    command.args(["demo", "--no-dashboard", "--quick", "--json", "--seed", "7"]);
    let mut demo = Demo::start(command);
    demo.tells(": failing").await;
    let (pid, _) = home.service("--stack bare");
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let ended = demo.ended().await;
    drop(turn);

    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let verdict = &ended.report().verdicts.guarded;
    let lost = verdict.findings.iter().find(|finding| finding.promised.contains("bare order"));
    let lost = lost.unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!(lost.verdict, Verdict::Inconclusive);
    assert!(lost.measured.contains("signal: 9"), "{lost:?}");
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}
