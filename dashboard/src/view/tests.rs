use std::collections::BTreeMap;

use resilience::wire::{
    ArmFault, BreakerState, BudgetState, CircuitState, FaultKind, TransitionState,
};
use serde_json::json;
use std::time::Duration;

use super::{Frame, Regions, page, regions};
use crate::{
    SCRIPT, STYLE,
    model::{Event, Fault, Figures, Health, Peer, Point, Service, Snapshot, Span, Stretch, What},
};

const NOW: f64 = 400.0;

fn figures(rate: f64, failed: f64) -> Figures {
    Figures { rate, failed, p50_ms: Some(3.25), p99_ms: Some(439.0), ..Figures::default() }
}

fn breaker(policy: &str, state: CircuitState) -> BreakerState {
    BreakerState {
        policy: policy.into(),
        state,
        in_state_for: Duration::from_secs(9),
        time_left: (state == CircuitState::Open).then_some(Duration::from_millis(300)),
        open_for: None,
        calls: 34,
        failed: 12,
        slow: 0,
        slow_running: 0,
        refused: 0,
        failures_in_a_row: 3,
        free_probes: 2,
        thresholds: Vec::new(),
        transitions: vec![TransitionState {
            from: CircuitState::Closed,
            to: CircuitState::Open,
            reason: "consecutive_failures".into(),
            ago: Duration::from_secs(4),
        }],
    }
}

fn service(name: &str, variant: Option<&str>) -> Service {
    let title = variant.map_or_else(|| name.to_owned(), |variant| format!("{name} {variant}"));
    let point = |second| Point { second, figures: figures(100.0, 0.1) };
    Service {
        name: title.replace(' ', "-"),
        title,
        service: Some(name.to_owned()),
        variant: variant.map(str::to_owned),
        health: Health::Up,
        since: 220.0,
        pid: Some(7),
        up_for: Some(60.0),
        calls: Some(figures(100.0, 0.152)),
        history: (220..400).map(point).collect(),
        ..Service::default()
    }
}

/// The demo: user, bare and guarded, all well.
fn demo() -> Snapshot {
    let caller = |variant| Service {
        peers: vec![Peer { name: "user".into(), attempts: Some(figures(118.0, 0.0)) }],
        ..service("order", Some(variant))
    };
    let guarded = Service {
        breakers: vec![breaker("users-api", CircuitState::Closed)],
        budgets: vec![BudgetState { policy: "users-api".into(), tokens: 92 }],
        limits: json!({
            "attempts": 4, "attempt_timeout": "200ms", "deadline": "1s", "budget_ratio": 0.2,
            "budget_min_per_sec": 10, "breaker_failure_rate": 0.5, "breaker_min_calls": 20,
            "breaker_window": "10s", "breaker_consecutive": 10, "breaker_open_for": "250ms",
            "breaker_open_for_at_most": "500ms",
        }),
        disturbed: Some(Vec::new()),
        ..caller("guarded")
    };
    Snapshot {
        now: NOW,
        services: vec![service("user", None), caller("bare"), guarded],
        events: Vec::new(),
    }
}

/// The demo while everything is wrong.
fn trouble() -> Snapshot {
    let mut snapshot = demo();
    let [user, _, guarded] = &mut snapshot.services[..] else { panic!("there are three") };
    user.health = Health::Down;
    (user.since, user.why) = (388.0, Some("nobody listens there".into()));
    (user.pid, user.up_for, user.calls) = (None, None, None);
    user.away = vec![Span { from: 388.0, to: NOW }];
    user.faults = vec![Span { from: 300.0, to: 320.0 }];
    user.restarts = vec![330.0];
    guarded.breakers = vec![breaker("users-api", CircuitState::Open)];
    let span = Span { from: 390.0, to: NOW };
    guarded.disturbed = Some(vec![Stretch { state: CircuitState::Open, span }]);
    snapshot.events = vec![Event {
        at: 396.0,
        service: "order guarded".into(),
        what: What::Changed {
            policy: "users-api".into(),
            from: CircuitState::Closed,
            to: CircuitState::Open,
            reason: "consecutive_failures".into(),
        },
    }];
    snapshot
}

fn armed(mut snapshot: Snapshot) -> Snapshot {
    let armed = ArmFault::new(FaultKind::Error { status: 503 }, 0.15, Duration::from_secs(12));
    snapshot.services[0].fault = Some(Fault { armed, hit: 245 });
    snapshot
}

/// The text of some HTML, without its tags.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

/// What a region says, with single blanks.
fn says(snapshot: &Snapshot, region: &str) -> String {
    let text = text(&regions(snapshot).html[region]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [".", ",", ":"].iter().fold(text, |text, mark| text.replace(&format!(" {mark}"), mark))
}

fn whole(snapshot: &Snapshot) -> String {
    let services = snapshot.services.len();
    let frame = Frame { build: "b1", services, compares: true, operates: true, tick: 3 };
    page(frame, &regions(snapshot))
}

#[test]
fn when_all_is_well_the_headline_says_so() {
    assert_eq!(
        says(&demo(), "headline"),
        "✓ All is well. Every service answers, the circuit breaker is closed, and no fault is armed."
    );
    assert_eq!(regions(&demo()).title, "✓ All is well – dashboard");
}

#[test]
fn the_headline_names_what_is_wrong_the_worst_first() {
    let said = says(&armed(trouble()), "headline");
    let parts = [
        "User is down. For 12 s: nobody listens there.",
        "The circuit breaker of order guarded has opened. It is open: calls are refused at once, \
         for another 0.3 s.",
        "A fault is armed in user. 15 % of the calls to user are answered 503, for another 12 s; \
         245 were hit so far.",
    ];
    let places = parts.map(|part| said.find(part).unwrap_or_else(|| panic!("{part} in {said}")));
    assert!(places.is_sorted(), "{said}");
}

#[test]
fn what_is_spoken_has_no_figures_and_does_not_change_between_open_and_half_open() {
    let open = regions(&armed(trouble()));
    assert!(!open.announcement.contains(|c: char| c.is_ascii_digit()), "{}", open.announcement);
    let mut half_open = armed(trouble());
    half_open.services[2].breakers[0].state = CircuitState::HalfOpen;
    half_open.now += 7.0;
    assert_eq!(regions(&half_open).announcement, open.announcement);
    assert_ne!(regions(&demo()).announcement, open.announcement);
}

#[test]
fn the_map_tells_the_figures_and_the_switch_of_each_edge() {
    let map = says(&trouble(), "map");
    for part in [
        "from clients to order guarded 100 /s 15.2 % failed p99 439 ms",
        "from order guarded to user 118 /s 0 % failed p99 439 ms breaker open 0.3 s left",
        "from order bare to user 118 /s 0 % failed p99 439 ms no breaker",
        "■ user ✗ down for 12 s",
        "● order guarded ✓ up for 60 s",
    ] {
        assert!(map.contains(part), "{part} in {map}");
    }
}

#[test]
fn a_service_that_nobody_watches_is_in_the_map_by_its_name() {
    let mut snapshot = demo();
    snapshot.services.remove(0);
    assert!(says(&snapshot, "map").ends_with("user not watched"));
}

#[test]
fn guarded_stands_first_and_bare_beside_it() {
    let first = [0, 1, 2].map(|number| says(&demo(), &format!("card-{number}")));
    assert!(first[0].starts_with("● order guarded ✓ up calls /s 100 failed 15.2 %"), "{first:?}");
    assert!(first[1].starts_with("◆ order bare") && first[2].starts_with("■ user"), "{first:?}");
}

#[test]
fn a_breaker_tells_its_counts_against_its_limits_in_words() {
    let said = says(&demo(), "breakers-0");
    assert!(said.contains("users-api closed for 9 s 12 of 34 calls 3"), "{said}");
    let rule = "Opens when 50 % of at least 20 calls within 10s failed, or 10 in a row did. It then \
                refuses for 250ms, up to 500ms when it fails again, and lets a few calls through to \
                try.";
    assert!(said.contains(rule), "{said}");
    let limits = says(&demo(), "limits-0");
    assert!(limits.contains("users-api: 92 retries saved up, 0 a second are made."), "{limits}");
    assert!(limits.contains("4 attempts at most, 200ms for one attempt, 1s for the whole"));
    let changes = says(&demo(), "changes-0");
    assert!(changes.contains("4 s ago closed → open: too many failures in a row"), "{changes}");
    assert!(regions(&demo()).html["changes-0"].contains("title=\"consecutive_failures\""));
}

#[test]
fn a_breaker_moved_by_hand_says_what_it_does_with_calls() {
    for (state, words, lever) in [
        (CircuitState::ForcedOpen, "forced open for 9 s no calls pass", "#switch-open"),
        (CircuitState::Disabled, "disabled for 9 s calls are not counted", "#switch-closed"),
        (CircuitState::MetricsOnly, "metrics only for 9 s 12 of 34 calls", "#switch-closed"),
    ] {
        let mut snapshot = demo();
        snapshot.services[2].breakers = vec![breaker("users-api", state)];
        let said = says(&snapshot, "breakers-0");
        assert!(said.contains(&format!("users-api {words}")), "{said}");
        assert!(regions(&snapshot).html["breakers-0"].contains(lever), "{state:?}");
        let is_told = says(&snapshot, "headline").contains("forced open");
        assert_eq!(is_told, state == CircuitState::ForcedOpen);
    }
}

#[test]
fn a_service_without_policies_says_why() {
    assert!(says(&demo(), "breakers-1").contains("Nothing, on purpose"));
    assert!(says(&demo(), "breakers-2").contains("it makes no calls that are guarded"));
    assert_eq!(says(&demo(), "changes-1"), "");
}

#[test]
fn a_hundred_breakers_are_a_list_with_an_end() {
    let mut snapshot = demo();
    let names = (0..256).map(|number| breaker(&format!("api-{number}"), CircuitState::Closed));
    snapshot.services[2].breakers = names.collect();
    let said = says(&snapshot, "breakers-0");
    assert!(said.contains("api-0 ") && said.contains("and 232 more"), "{said}");
    assert!(says(&snapshot, "headline").contains("all 256 circuit breakers are closed"));
    let bytes = whole(&snapshot).len() + SCRIPT.len() + STYLE.len();
    assert!(bytes < 60 * 1024, "{bytes}");
}

#[test]
fn the_plot_marks_what_happened_and_describes_itself() {
    let html = regions(&trouble()).html;
    let guarded = &html["plot-0"];
    assert_eq!(guarded.matches("turn open").count(), 1, "{guarded}");
    assert_eq!(guarded.matches("turn closed").count(), 0, "it is open still");
    assert_eq!(guarded.matches("class=\"shade\"").count(), 1, "a fault concerns all services");
    assert!(guarded.contains("Its breaker was open or half-open, last 0 s ago."), "{guarded}");
    let user = &html["plot-2"];
    assert_eq!(user.matches("class=\"away\"").count(), 1);
    assert_eq!(user.matches("turn restart").count(), 1);
    assert!(user.contains("up to 100 calls a second; in the worst second 10 % failed"), "{user}");
}

#[test]
fn a_plot_changes_once_a_second_and_not_with_every_tick() {
    let mut later = demo();
    later.now += 0.5;
    let (before, after) = (regions(&demo()), regions(&later));
    assert_eq!(before.html["plot-0"], after.html["plot-0"]);
    later.now += 0.5;
    assert_ne!(before.html["plot-0"], regions(&later).html["plot-0"]);
}

#[test]
fn a_line_has_a_gap_where_nothing_was_measured() {
    let mut snapshot = demo();
    snapshot.services[0].history.retain(|point| !(300..310).contains(&point.second));
    let html = regions(&snapshot).html["plot-2"].clone();
    let line = html.split("class=\"line other\" d=\"").nth(1).unwrap();
    assert_eq!(line.split('"').next().unwrap().matches('M').count(), 2);
}

#[test]
fn what_is_empty_says_what_to_do() {
    let mut snapshot = demo();
    for service in &mut snapshot.services {
        (service.calls, service.history, service.peers) = (None, Vec::new(), Vec::new());
    }
    assert!(says(&snapshot, "map").contains("No service has called another yet"));
    assert!(says(&snapshot, "plot-0").starts_with("No calls yet."));
    assert!(says(&snapshot, "card-0").contains("calls /s – failed – p50 – p99 –"));
    assert!(says(&snapshot, "events").starts_with("Nothing in the last three minutes."));
}

#[test]
fn events_are_sentences() {
    let said = says(&trouble(), "events");
    let expected =
        "4 s ago ✗ Breaker users-api of order guarded is open: too many failures in a row.";
    assert_eq!(said, expected);
}

#[test]
fn a_region_holds_nothing_that_can_have_the_focus_and_is_well_formed() {
    for snapshot in [demo(), armed(trouble()), Snapshot::default()] {
        for (id, html) in regions(&snapshot).html {
            for focusable in ["<a ", "<button", "<summary", "<input", "tabindex"] {
                assert!(!html.contains(focusable), "{focusable} in {id}");
            }
            assert!(!html.contains("style="), "the policy forbids styles in {id}");
            assert!(!html.contains("NaN") && !html.contains("inf"), "{id}: {html}");
        }
    }
}

#[test]
fn every_region_has_its_place_in_the_page() {
    let page = whole(&trouble());
    for (id, html) in regions(&trouble()).html {
        assert!(page.contains(&format!("<div id=\"{id}\" data-region>{html}</div>")), "{id}");
    }
}

#[test]
fn every_drawing_has_a_name_or_is_hidden_and_ids_are_not_used_twice() {
    let page = whole(&armed(trouble()));
    for svg in page.split("<svg").skip(1) {
        let tag = svg.split('>').next().unwrap();
        assert!(tag.contains("aria-hidden=\"true\"") || tag.contains("aria-label="), "{tag}");
    }
    let mut ids = BTreeMap::<&str, u32>::new();
    for id in page.split(" id=\"").skip(1) {
        *ids.entry(id.split('"').next().unwrap()).or_default() += 1;
    }
    assert!(ids.values().all(|times| *times == 1), "{ids:?}");
}

#[test]
fn what_comes_from_outside_stays_text() {
    const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x>&amp;";
    let mut snapshot = armed(trouble());
    let hostile = || HOSTILE.to_owned();
    for service in &mut snapshot.services {
        (service.title, service.why) = (hostile(), Some(hostile()));
        service.variant = Some(hostile());
        service.limits = json!({ "attempts": HOSTILE, "breaker_window": HOSTILE });
        for breaker in &mut service.breakers {
            breaker.policy = hostile();
            breaker.transitions[0].reason = hostile();
        }
        for peer in &mut service.peers {
            peer.name = hostile();
        }
        if let Some(fault) = &mut service.fault {
            fault.armed.path_prefix = Some(hostile());
        }
    }
    snapshot.events[0].service = hostile();
    let page = whole(&snapshot);
    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script&gt;"), "it is shown as it is");
}

#[test]
fn page_script_and_style_are_under_60_kilobytes_together_and_load_nothing_else() {
    let page = whole(&armed(trouble()));
    let bytes = page.len() + SCRIPT.len() + STYLE.len();
    assert!(bytes < 60 * 1024, "{bytes}");
    for text in [page.as_str(), SCRIPT, STYLE] {
        for load in ["http://", "https://", "@import", "//cdn", "url(\""] {
            assert!(!text.contains(load), "{load}");
        }
    }
}

#[test]
fn a_page_before_the_first_tick_is_a_page() {
    let frame = Frame { build: "b1", services: 0, compares: false, operates: false, tick: 0 };
    let page = page(frame, &Regions::default());
    assert!(page.contains("The services, live") && page.contains("data-tick=\"0\""));
}
