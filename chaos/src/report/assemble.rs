use super::{Environment, Generator, Report, Target, VERSION};
use crate::analysis::{Evidence, check_data, explain, judge, per_second, summarise};
use crate::engine::Recording;
use crate::experiment::{Experiment, PerGroup};
use crate::measure::Limits;
use crate::probe::Stored;

/// What a report holds besides the measurements.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When the run began.
    pub started_at: jiff::Timestamp,
    /// What was attacked.
    pub target: Target,
    /// Layers that the guarded service was started without.
    pub without: Vec<String>,
    /// The limits that the guarded service told.
    pub limits: Option<Limits>,
    /// What each phase breaks, in words; `None`: nothing.
    pub faults: Vec<Option<String>>,
}

/// Makes the report of a run from what was recorded and what its databases hold.
pub fn assemble(
    experiment: &Experiment,
    recording: Recording,
    stored: PerGroup<Stored>,
    facts: Facts,
) -> Report {
    let stored = match &facts.target {
        Target::Local => stored,
        Target::Compose { tag, .. } => PerGroup {
            guarded: stored.guarded.of_run(tag, &recording.users),
            bare: stored.bare.of_run(tag, &recording.users),
        },
    };
    let promise = &experiment.promise;
    let mut phases = summarise(experiment, &recording, &facts.faults);
    for phase in &mut phases {
        phase.sentence = explain(phase, promise, facts.limits.as_ref());
    }
    let evidence = Evidence {
        phases: &phases,
        promise,
        lag: &recording.lag,
        limits: facts.limits.as_ref(),
        breakdowns: &recording.breakdowns,
    };
    let verdicts = PerGroup::build(|group| judge(group, &evidence));
    Report {
        version: VERSION,
        tool: concat!("chaos ", env!("CARGO_PKG_VERSION")).to_owned(),
        started_at: facts.started_at,
        settings: experiment.clone(),
        target: facts.target,
        without: facts.without,
        limits: facts.limits,
        environment: Environment::here(),
        generator: Generator::of(&recording.lag),
        verdicts,
        phases,
        data: PerGroup::build(|group| {
            check_data(recording.calls.of(group), &recording.users, stored.of(group))
        }),
        series: PerGroup::build(|group| per_second(recording.calls.of(group), promise)),
        events: recording.events,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::analysis::Verdict;
    use crate::engine::PhaseRecord;
    use crate::experiment::{Expects, Pace};
    use crate::load::{Arrival, arrivals};
    use crate::measure::{Call, Outcome, Tag};
    use crate::probe::{StoredKey, StoredOrder};

    /// A run of one quiet phase in which every order is acknowledged and stored.
    fn clean(tag: &Tag) -> (Experiment, Recording, PerGroup<Stored>, Facts) {
        let mut experiment = Experiment::demo(Pace::Quick, 100, 1);
        experiment.phases.truncate(1);
        assert_eq!(experiment.phases[0].expects, Expects::Orders);
        let call = |(number, arrival): (usize, Arrival)| Call {
            phase: arrival.phase,
            at: arrival.at,
            took: Duration::from_millis(4),
            order: arrival.order,
            outcome: Outcome::Acknowledged { order: Uuid::from_u128(number as u128) },
            repeat: None,
        };
        let calls: Vec<_> = arrivals(&experiment, tag).enumerate().map(call).collect();
        let users: Vec<_> = (100..120).map(Uuid::from_u128).collect();
        let row = |(number, call): (usize, &Call)| StoredOrder {
            id: Uuid::from_u128(number as u128).to_string(),
            key: call.order.key.clone(),
            user: users[call.order.user].to_string(),
            item: call.order.item.clone(),
            quantity: i64::from(call.order.quantity),
            status: "placed".to_owned(),
        };
        let orders: Vec<_> = calls.iter().enumerate().map(row).collect();
        let key =
            |order: &StoredOrder| StoredKey { key: order.key.clone(), order: order.id.clone() };
        let rows = Stored { keys: orders.iter().map(key).collect(), orders };
        let recording = Recording {
            calls: PerGroup { guarded: calls.clone(), bare: calls },
            lag: [Duration::from_millis(1)].into_iter().collect(),
            phases: vec![PhaseRecord::default()],
            users,
            ..Recording::default()
        };
        let facts = Facts {
            started_at: jiff::Timestamp::UNIX_EPOCH,
            target: Target::Local,
            without: Vec::new(),
            limits: None,
            faults: vec![None],
        };
        (experiment, recording, PerGroup { guarded: rows.clone(), bare: rows }, facts)
    }

    #[test]
    fn a_clean_run_holds_and_its_report_can_be_read_back() {
        let (experiment, recording, stored, facts) = clean(&Tag::draw());
        let report = assemble(&experiment, recording, stored, facts);
        assert_eq!(report.verdict(), Verdict::Held);
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.starts_with("{\"version\":1,"));
        let read: Report = serde_json::from_str(&text).unwrap();
        // Not the whole: the last digit of a float may differ.
        assert_eq!((&read.settings, &read.series), (&report.settings, &report.series));
        assert_eq!((&read.verdicts, &read.data), (&report.verdicts, &report.data));
        let shown = super::super::render(&report);
        for part in ["promise: in each phase", "guarded: held (3 of 3", "brought the same order"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }

    #[test]
    fn the_widest_run_that_can_be_asked_for_fits_80_columns() {
        let (experiment, recording, stored, facts) = clean(&Tag::draw());
        let mut report = assemble(&experiment, recording, stored, facts);
        let widest = &mut report.phases[0].groups.guarded;
        (widest.scheduled, widest.ok, widest.late) = (15_000, 15_000, 15_000);
        (widest.failed, widest.refused) = (15_000, 15_000);
        (widest.p50_ms, widest.p99_ms) = (Some(10_000.1), Some(10_000.1));
        let shown = super::super::render(&report);
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }

    #[test]
    fn in_a_store_that_is_shared_the_orders_of_others_are_not_judged_and_the_report_says_so() {
        let tag = Tag::draw();
        let (experiment, recording, mut stored, facts) = clean(&tag);
        let other = StoredOrder {
            id: Uuid::nil().to_string(),
            key: Tag::draw().key("1"),
            user: Uuid::nil().to_string(),
            item: "anvil".to_owned(),
            quantity: 1,
            status: "cancelled".to_owned(),
        };
        stored.bare.orders.push(other);
        let judged = |target| {
            let facts = Facts { target, ..facts.clone() };
            assemble(&experiment, recording.clone(), stored.clone(), facts)
        };
        assert_eq!(judged(Target::Local).verdict(), Verdict::Deviated);
        let report = judged(Target::Compose { project: "shop".to_owned(), tag: tag.clone() });
        assert_eq!(report.verdict(), Verdict::Held);
        assert_eq!(report.data.bare.stored, report.data.bare.acknowledged);
        let shown = super::super::render(&report);
        assert!(
            shown.contains("target: the compose project shop") && shown.contains("tagged run-")
        );
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }

    #[test]
    fn a_report_that_does_not_name_its_target_was_made_of_local_services() {
        let (experiment, recording, stored, facts) = clean(&Tag::draw());
        let report = assemble(&experiment, recording, stored, facts);
        let mut value = serde_json::to_value(&report).unwrap();
        assert!(value.as_object_mut().unwrap().remove("target").is_some());
        let read: Report = serde_json::from_value(value).unwrap();
        assert_eq!(read.target, Target::Local);
    }

    #[test]
    fn broken_data_outweighs_a_promise_that_was_kept_in_either_group() {
        let (experiment, recording, mut stored, facts) = clean(&Tag::draw());
        stored.bare.orders.pop();
        let report = assemble(&experiment, recording, stored, facts);
        assert_eq!(report.verdicts.bare.verdict, Verdict::Held);
        assert_eq!(report.verdict(), Verdict::Deviated);
        assert!(super::super::render(&report).contains("acknowledged, but not stored"));
    }

    #[test]
    fn the_bare_groups_deviation_does_not_fail_the_run() {
        let (experiment, mut recording, stored, facts) = clean(&Tag::draw());
        for call in &mut recording.calls.bare {
            call.took = Duration::from_secs(2);
        }
        let report = assemble(&experiment, recording, stored, facts);
        assert_eq!(report.verdicts.bare.verdict, Verdict::Deviated);
        assert_eq!(report.verdict(), Verdict::Held);
    }
}
