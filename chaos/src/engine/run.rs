use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::conductor::Conductor;
use super::event_log::EventLog;
use super::meter::PolicyMeters;
use super::watch::Watch;
use super::{Progress, Recording};
use crate::experiment::{Experiment, Group, PerGroup};
use crate::fault::Fault;
use crate::load::{Load, OrderClient, Tally, UserClient, generate};
use crate::measure::{Latency, Tag};
use crate::target::Site;

/// The time between the last preparation and the first order.
const PREPARE: Duration = Duration::from_millis(300);

/// Runs `experiment` against `site` with `faults`, one entry a phase, its orders marked with
/// `tag`.
///
/// # Cancellation
///
/// Dropping the future ends the load. Faults end with the site's processes; what containers are
/// owed then is in the site's journal.
///
/// # Errors
///
/// When a service cannot be reached where it should, or a fault cannot be injected or undone.
pub async fn run(
    experiment: &Arc<Experiment>,
    faults: &[Option<Box<dyn Fault>>],
    site: &mut Site,
    tag: &Tag,
    progress: &Arc<dyn Progress>,
) -> anyhow::Result<Recording> {
    let users = UserClient::new(site.http.clone(), site.user.url("/users"));
    let users = users.make(experiment.users, tag).await?;
    let tallies = PerGroup::build(|_| Arc::new(Tally::default()));
    let origin = Instant::now() + PREPARE;
    let log = EventLog::new(origin, Arc::clone(progress));

    let watch = Watch {
        http: site.http.clone(),
        metrics: site.orders.guarded.url("/metrics"),
        origin,
        tallies: PerGroup::build(|group| Arc::clone(tallies.of(group))),
        log: log.clone(),
        progress: Arc::clone(progress),
    };
    let watch = AbortOnDropHandle::new(tokio::spawn(watch.run()));
    // Tasks of their own: what the conductor does must not delay the schedule.
    let start = |group: Group| {
        let client = OrderClient::new(site.orders.of(group).url("/orders"), users.clone())?;
        let tally = Arc::clone(tallies.of(group));
        let load = generate(client, Arc::clone(experiment), tag.clone(), origin, tally);
        anyhow::Ok(AbortOnDropHandle::new(tokio::spawn(load)))
    };
    let (guarded, bare) = (start(Group::Guarded)?, start(Group::Bare)?);

    let mut conductor = Conductor {
        site,
        origin,
        log: log.clone(),
        lookups: PerGroup::default(),
        policies: PolicyMeters::default(),
        breakdowns: Vec::new(),
    };
    let walk = conductor.walk(experiment, faults, progress.as_ref());
    let (phases, guarded, bare) = tokio::try_join!(walk, ended(guarded), ended(bare))?;
    drop(watch);
    let breakdowns = conductor.breakdowns;

    let mut lag = Latency::new();
    lag.add(&guarded.lag);
    lag.add(&bare.lag);
    let calls = PerGroup { guarded: guarded.calls, bare: bare.calls };
    Ok(Recording { users, calls, lag, phases, breakdowns, events: log.take() })
}

async fn ended(load: AbortOnDropHandle<anyhow::Result<Load>>) -> anyhow::Result<Load> {
    load.await.context("the load generator panicked")?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Counts;
    use crate::experiment::{Pace, Role};
    use crate::fault::resolve;
    use crate::measure::Effect;
    use crate::target::fake::FakeSite;

    #[derive(Debug)]
    struct Silent;

    impl Progress for Silent {
        fn note(&self, _line: &str) {}
        fn phase(&self, _number: usize, _of: usize, _name: &str) {}
        fn tick(&self, _passed: Duration, _counts: PerGroup<Counts>) {}
    }

    fn short() -> Experiment {
        let mut experiment = Experiment::demo(Pace::Quick, 50, 1);
        for phase in &mut experiment.phases {
            phase.load_for = Duration::from_millis(400);
            phase.drain = Duration::from_millis(200);
            if let Some(fault) = &mut phase.fault
                && fault.kind == "kill"
            {
                fault.settings = serde_json::json!({ "after": "100ms", "down_for": "150ms" });
            }
        }
        experiment
    }

    #[tokio::test]
    async fn a_service_that_dies_is_recorded_once_and_the_run_goes_on() {
        let mut fake = FakeSite::start().await;
        let experiment = Arc::new(short());
        let faults = experiment.phases.iter().map(|_| None).collect::<Vec<_>>();
        let (progress, tag): (Arc<dyn Progress>, _) = (Arc::new(Silent), Tag::draw());
        let journal = fake.site.journal.clone();
        fake.site.orders.bare.kill(&journal).await.unwrap();
        fake.site.user.kill(&journal).await.unwrap();

        let mut recording =
            run(&experiment, &faults, &mut fake.site, &tag, &progress).await.unwrap();
        for breakdown in fake.site.broken_down().await.unwrap() {
            recording.broke_down(breakdown);
        }

        let roles: Vec<_> = recording.breakdowns.iter().map(|each| each.role).collect();
        assert_eq!(roles, [Role::Order(Group::Bare), Role::User]);
        assert!(recording.breakdowns[0].what.contains("signal: 9"), "{:?}", recording.breakdowns);
    }

    #[tokio::test]
    async fn a_dashboard_that_dies_is_told_once_and_is_no_breakdown() {
        let mut fake = FakeSite::start().await;
        let experiment = Arc::new(short());
        let faults = experiment.phases.iter().map(|_| None).collect::<Vec<_>>();
        let (progress, tag): (Arc<dyn Progress>, _) = (Arc::new(Silent), Tag::draw());
        fake.kill_dashboard().await;

        let recording = run(&experiment, &faults, &mut fake.site, &tag, &progress).await.unwrap();

        let told =
            recording.events.iter().filter(|event| event.what.contains("the dashboard died"));
        assert_eq!(told.count(), 1);
        assert!(recording.breakdowns.is_empty());
        fake.site.stop_dashboard().await.unwrap();
    }

    #[tokio::test]
    async fn all_phases_are_walked_with_their_faults_while_both_groups_get_the_same_load() {
        let mut fake = FakeSite::start().await;
        let experiment = Arc::new(short());
        let faults = experiment.phases.iter().map(|phase| phase.fault.as_ref().map(resolve));
        let faults: Vec<_> = faults.map(|fault| fault.transpose().unwrap()).collect();
        let (progress, tag): (Arc<dyn Progress>, _) = (Arc::new(Silent), Tag::draw());

        let recording = run(&experiment, &faults, &mut fake.site, &tag, &progress).await.unwrap();

        assert_eq!(recording.calls.guarded.len(), 5 * 20);
        assert!(recording.calls.guarded.iter().all(|call| tag.is_on(&call.order.key)));
        let plan = |group| {
            let calls = recording.calls.of(group).iter();
            calls.map(|call| (call.at, call.order.clone())).collect::<Vec<_>>()
        };
        assert_eq!(plan(Group::Guarded), plan(Group::Bare));
        let effects: Vec<_> = recording.phases.iter().map(|phase| phase.effect).collect();
        assert_eq!(
            effects[1],
            Some(Effect::Hits { calls: 0, share: 0.15, stayed: true }),
            "the fake orders never look up"
        );
        assert_eq!(effects[3].unwrap().shortfall(0), None);
        assert!(recording.phases[3].restored.is_some() && recording.breakdowns.is_empty());
        assert!(effects[0].is_none() && effects[4].is_none());
        let injected = recording.events.iter().filter(|event| event.what.starts_with("injected"));
        assert_eq!(injected.count(), 3);
        assert!(fake.armed().is_none());
    }
}
