use std::fs;

use chaos::analysis::{PhaseSummary, Verdict};
use chaos::report::Report;
use system_tests::{Demo, Ended, Home, Programs};

use crate::alone;

/// Runs the quick demo until it tells. In about one run of fifty the luck of the draw leaves
/// a share just below 99 %, and the verdict says rightly that there were too few orders.
async fn demo(home: &Home) -> Ended {
    for _ in 0..3 {
        let mut command = home.chaos(&Programs::built().plain);
        command.args(["demo", "--no-dashboard", "--quick", "--json", "--seed", "7"]);
        let ended = Demo::start(command).ended().await;
        if ended.code != Some(3) {
            return ended;
        }
    }
    panic!("three inconclusive runs in a row");
}

fn phase<'a>(report: &'a Report, name: &str) -> &'a PhaseSummary {
    let found = report.phases.iter().find(|phase| phase.name == name);
    found.unwrap_or_else(|| panic!("no phase {name}"))
}

fn shares(phase: &PhaseSummary) -> (f64, f64) {
    let share = |summary: &chaos::analysis::GroupSummary| summary.ok_share.expect("orders").value;
    (share(&phase.groups.guarded), share(&phase.groups.bare))
}

#[tokio::test]
async fn the_guarded_service_holds_where_the_bare_one_deviates() {
    let home = Home::new();
    let programs = Programs::built();
    let turn = alone().await;
    let ended = demo(&home).await;
    drop(turn);
    assert_eq!(ended.code, Some(0), "{programs:?}: {}", ended.stderr);
    let report = ended.report();

    assert_eq!((report.version, report.settings.seed), (1, 7));
    assert_eq!(report.verdicts.guarded.verdict, Verdict::Held);
    assert_eq!(report.verdicts.bare.verdict, Verdict::Deviated);
    for data in [&report.data.guarded, &report.data.bare] {
        assert_eq!(data.verdict, Verdict::Held, "{data:?}");
        assert!(data.repeated > 0, "repeated orders are part of the proof");
    }
    for name in ["slow", "failing"] {
        let phase = phase(&report, name);
        let (guarded, bare) = shares(phase);
        assert!(guarded > bare, "{name}: {guarded} against {bare}");
        let difference = phase.difference.expect("both groups had orders");
        assert!(difference.low > 0.0, "{name}: {difference:?}");
        let calls = |summary: &chaos::analysis::GroupSummary| summary.lookups_per_order.unwrap();
        assert!(calls(&phase.groups.guarded) > calls(&phase.groups.bare), "{name}: retries");
        assert!(calls(&phase.groups.guarded) < 1.5, "{name}: the budget bounds them");
    }
    let killed = phase(&report, "killed");
    assert!(killed.groups.guarded.refused > 0 && killed.groups.bare.refused == 0);
    assert!(killed.groups.guarded.breaker_refused_from_s.is_some());
    let (guarded, bare) = shares(phase(&report, "recovery"));
    assert!(guarded >= 0.99 && bare >= 0.99, "both recover: {guarded}, {bare}");
    assert!(report.phases.iter().all(|phase| phase.shortfall().is_none()));

    let path = home.path().join("report.json");
    let file: Report = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(file.verdicts, report.verdicts);
    let page = fs::read_to_string(home.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "a whole page");
    assert!(page.contains("was open or half-open from"), "it reads the breaker's states");
    assert!(page.len() < 200_000, "{} bytes", page.len());
    for phase in &report.phases {
        assert!(page.contains(&format!("<strong>{}</strong>", phase.name)), "{}", phase.name);
    }
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}
