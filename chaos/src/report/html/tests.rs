use super::render;
use crate::analysis::{
    DataCheck, Finding, GroupSummary, GroupVerdict, Interval, PhaseSummary, Second, Verdict,
    Violation, wilson,
};
use crate::experiment::{Experiment, Group, Pace, PerGroup};
use crate::measure::{Event, Policies};
use crate::report::{Environment, Generator, Report, Target, VERSION};

/// A report of the demo's phases in which guarded held and bare did not.
fn report() -> Report {
    let settings = Experiment::demo(Pace::Full, 100, 7);
    let phases = settings.phases.iter().map(|phase| PhaseSummary {
        name: phase.name.clone(),
        fault: phase.fault.as_ref().map(|fault| format!("a fault of kind {}", fault.kind)),
        effect: None,
        expects: phase.expects,
        groups: PerGroup { guarded: summary(1_490, 0), bare: summary(1_200, 290) },
        policies: Policies::default(),
        difference: Some(Interval { value: 0.19, low: 0.17, high: 0.21 }),
        sentence: format!("What happened in {}.", phase.name),
    });
    let phases = phases.collect();
    Report {
        version: VERSION,
        tool: "chaos 0.0.0".to_owned(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        target: Target::Local,
        without: vec!["retry".to_owned()],
        limits: serde_json::from_str(r#"{"attempts":3,"deadline":null}"#).ok(),
        environment: Environment {
            cores: 2,
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            build: "release".to_owned(),
        },
        generator: Generator { lag_p50_ms: None, lag_p99_ms: Some(12.0), lag_max_ms: None },
        phases,
        verdicts: PerGroup { guarded: verdict(Verdict::Held), bare: verdict(Verdict::Deviated) },
        data: PerGroup { guarded: data(), bare: data() },
        series: PerGroup { guarded: series(5.0), bare: series(900.0) },
        events: [("closed", 0.0), ("open", 49.1), ("half_open", 50.0), ("closed", 52.0)]
            .map(|(state, at)| Event {
                at,
                what: format!("the breaker of the guarded service is {state}"),
            })
            .into(),
        settings,
    }
}

fn summary(ok: u64, late: u64) -> GroupSummary {
    GroupSummary {
        scheduled: 1_500,
        sent: 1_500,
        ok,
        late,
        failed: 10,
        refused: 1_490 - ok - late,
        ok_share: wilson(ok, 1_500),
        p50_ms: Some(4.5),
        lookups_per_order: Some(1.25),
        ..GroupSummary::default()
    }
}

fn verdict(verdict: Verdict) -> GroupVerdict {
    let finding = Finding {
        phase: Some("slow".to_owned()),
        promised: "p99 is below 1s".to_owned(),
        measured: format!("what makes it {verdict}"),
        verdict,
    };
    GroupVerdict { verdict, findings: vec![finding] }
}

fn data() -> DataCheck {
    DataCheck {
        verdict: Verdict::Held,
        acknowledged: 7_161,
        unknown: 0,
        unknown_stored: 0,
        repeated: 198,
        stored: 7_161,
        violated: 0,
        violations: Vec::new(),
    }
}

fn series(p99: f64) -> Vec<Second> {
    let second = |second| Second {
        second,
        ok: 90,
        failed: 4,
        refused: 6,
        p50_ms: Some(4.0),
        p99_ms: Some(p99),
    };
    (0..77).map(second).collect()
}

/// The names of the elements of `page`, each checked to be closed in its turn.
fn elements(page: &str) -> Vec<&str> {
    const VOID: [&str; 2] = ["meta", "link"];
    // A browser ends a drawing at the first element that is none of its own.
    const DRAWN: [&str; 8] = ["title", "desc", "defs", "pattern", "rect", "line", "path", "text"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let body = page.strip_prefix("<!DOCTYPE html>").expect("a document says what it is");
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "a bare > in {text:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "a quote is open in {tag:?}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of turn");
            continue;
        }
        let name = tag.split(' ').next().expect("a tag has a name");
        assert!(!open.contains(&"svg") || DRAWN.contains(&name), "<{name}> in a drawing");
        all.push(name);
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    all
}

#[test]
fn the_page_tells_each_phase_group_and_verdict() {
    let report = report();
    let page = render(&report);
    for (phase, number) in report.phases.iter().zip(1..) {
        assert!(page.contains(&format!("{number} {}", phase.name)), "{}", phase.name);
        assert!(page.contains(&phase.sentence), "{}", phase.sentence);
    }
    for group in Group::ALL {
        assert!(page.contains(&format!("class=\"{group}\"")), "{group}");
    }
    for part in [
        "kept</span> what makes it held",
        "broken</span> what makes it deviated",
        "chaos demo --seed 7 --rate 100 --without retry",
        "open or half-open from 49.1 s to 52.0 s",
        "guarded served 7450 of 7500 orders in time, 99.3 %",
        "Guarded kept every part of its promise, bare broke 1 of the 1 parts",
    ] {
        assert!(page.to_lowercase().contains(&part.to_lowercase()), "no {part:?} in {page}");
    }
}

#[test]
fn the_page_is_well_formed_small_and_needs_nothing_else() {
    let page = render(&report());
    let elements = elements(&page);
    for foreign in ["script", "img", "iframe", "object", "base", "form", "image", "use"] {
        assert!(!elements.contains(&foreign), "{foreign}");
    }
    for load in ["http://", "https://", "@import", "src=", "url(\"", "url(//"] {
        assert!(!page.contains(load), "{load}");
    }
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn every_table_has_a_caption_and_every_plot_a_title_and_a_description() {
    let page = render(&report());
    let elements = elements(&page);
    let count = |name: &str| elements.iter().filter(|element| **element == name).count();
    assert_eq!(count("table"), count("caption"));
    assert_eq!(page.matches("<th").count(), page.matches("<th scope").count() + count("thead"));
    let plots = page.matches("<svg role=\"img\"").count();
    assert_eq!((plots, count("desc"), count("title")), (2, 2, 3), "and the page's own title");
}

#[test]
fn what_comes_from_outside_stays_text() {
    const HOSTILE: &str = "</style></svg><script>alert('x')</script>\"><img src=x onerror=y>&amp;";
    let mut report = report();
    let hostile = || HOSTILE.to_owned();
    report.tool = hostile();
    report.without = vec![hostile()];
    report.limits = serde_json::from_value(serde_json::json!({ HOSTILE: HOSTILE })).ok();
    report.environment.os = hostile();
    report.settings.phases[0].name = hostile();
    report.settings.phases[1].fault.as_mut().unwrap().kind = hostile();
    report.settings.phases[1].fault.as_mut().unwrap().settings = HOSTILE.into();
    report.phases[0].name = hostile();
    report.phases[1].fault = Some(hostile());
    report.phases[2].sentence = hostile();
    report.events.push(Event { at: 1.0, what: hostile() });
    let finding = &mut report.verdicts.bare.findings[0];
    (finding.phase, finding.promised, finding.measured) = (Some(hostile()), hostile(), hostile());
    report.data.bare.verdict = Verdict::Deviated;
    report.data.bare.violations = vec![Violation::Lost { key: hostile() }];

    let page = render(&report);

    let elements = elements(&page);
    assert!(!elements.contains(&"script") && !elements.contains(&"img"), "{page}");
    assert!(page.contains("&lt;script&gt;alert('x')"), "it is shown as it is");
    assert!(!page.contains("chaos demo --seed"), "and never offered as a command");
}

#[test]
fn a_report_of_next_to_nothing_is_a_page_too() {
    let mut report = report();
    report.settings.phases.clear();
    (report.phases, report.events, report.limits) = (Vec::new(), Vec::new(), None);
    report.series = PerGroup::default();
    elements(&render(&report));
}
