use std::fs;
use std::path::Path;

use chaos::analysis::{Verdict, Violation};
use resilience::wire::{Flag, FlagState, FlagsState};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use system_tests::{Demo, Home, Programs};

use crate::alone;

/// The word behind `flag` in a command line.
fn argument<'a>(command: &'a str, flag: &str) -> &'a str {
    let mut words = command.split(' ').skip_while(|word| *word != flag);
    words.nth(1).unwrap_or_else(|| panic!("no {flag} in {command}"))
}

/// What a stranger who has the token could do to the flag of the run.
enum Deed {
    SwitchOff,
    TakeBack,
}

/// Does it.
async fn disarm(home: &Home, deed: Deed) {
    let (_, dashboard) = home.service("--operate");
    let operators =
        dashboard.split("--operate user=").nth(1).and_then(|rest| rest.split(' ').next());
    let operators = operators.expect("the dashboard is told where the user service has operators");
    let (user, _) = home.service("user.db");
    let environment = fs::read_to_string(format!("/proc/{user}/environ"));
    let environment = environment.expect("the environment of a child can be read");
    let token = environment.split('\0').find_map(|each| each.strip_prefix("ADMIN_TOKEN="));
    let token = token.expect("the user service has a token");
    let http = reqwest::Client::new();
    let answer = http.get(format!("{operators}/flags")).bearer_auth(token).send().await;
    let told: FlagsState =
        answer.expect("the user service answers").json().await.expect("with flags");
    let [FlagState { name, flag, .. }] = &told.flags[..] else { panic!("one flag: {told:?}") };
    let url = format!("{operators}/flags/{name}");
    let request = match deed {
        Deed::SwitchOff => http.put(url).json(&Flag { enabled: false, ..flag.clone() }),
        Deed::TakeBack => http.delete(url),
    };
    let request = request.bearer_auth(token).header("x-resilience-command", "1");
    assert!(request.send().await.expect("the user service answers").status().is_success());
}

/// Gives an order to a user who has not asked for it.
async fn rewrite(database: &Path) {
    let options = SqliteConnectOptions::new().filename(database);
    let connection = SqliteConnection::connect_with(&options).await;
    let mut connection = connection.expect("the database can be opened");
    let update = "UPDATE orders SET user_id = '00000000-0000-0000-0000-000000000000' \
                  WHERE id = (SELECT MIN(id) FROM orders)";
    let done = sqlx::query(update).execute(&mut connection).await;
    let done = done.expect("the database can be written");
    assert_eq!(done.rows_affected(), 1);
    connection.close().await.expect("a database can be closed");
}

#[tokio::test]
async fn a_fault_that_was_taken_away_and_an_order_that_was_rewritten_are_found_out() {
    let home = Home::new();
    let programs = &Programs::built().plain;
    let turn = alone().await;
    let mut command = home.chaos(programs);
    command.args(["demo", "--quick", "--json", "--seed", "7"]);
    let mut demo = Demo::start(command);
    demo.tells("injected: 15 % of the calls to the user service take").await;
    disarm(&home, Deed::TakeBack).await;
    demo.tells("injected: 15 % of the calls to the user service are answered").await;
    disarm(&home, Deed::SwitchOff).await;
    demo.tells(": recovery").await;
    let (_, guarded) = home.service("--stack guarded");
    rewrite(Path::new(argument(&guarded, "--database"))).await;
    let ended = demo.ended().await;
    drop(turn);

    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report = ended.report();
    for phase in ["slow", "failing"] {
        let found = report.verdicts.guarded.findings.iter().find(|finding| {
            finding.phase.as_deref() == Some(phase) && finding.promised == "the fault happens"
        });
        let found = found.unwrap_or_else(|| panic!("{:?}", report.verdicts.guarded));
        assert_eq!(found.verdict, Verdict::Inconclusive, "{phase}");
        assert!(found.measured.contains("no longer armed"), "{found:?}");
    }
    let data = &report.data.guarded;
    assert!(matches!(data.violations[..], [Violation::OtherUser { .. }]), "{data:?}");
    assert_eq!(report.data.bare.verdict, Verdict::Held);
}
