use chaos::analysis::{Verdict, Violation};
use system_tests::{Demo, Home, Programs};

use crate::alone;

#[tokio::test]
async fn an_order_service_that_repeats_orders_is_found_out() {
    let home = Home::new();
    let programs = &Programs::built().sabotaged;
    let turn = alone().await;
    let mut command = home.chaos(programs);
    command.args([
        "demo",
        "--no-dashboard",
        "--quick",
        "--json",
        "--order-arg",
        "--break-idempotency",
    ]);
    let ended = Demo::start(command).ended().await;
    drop(turn);

    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report = ended.report();
    for data in [&report.data.guarded, &report.data.bare] {
        assert_eq!(data.verdict, Verdict::Deviated, "{data:?}");
        let doubled = |violation: &Violation| matches!(violation, Violation::Duplicated { .. });
        assert!(data.violations.iter().any(doubled), "{data:?}");
    }
    assert!(home.leftovers().is_empty(), "{:?}", home.leftovers());
}
