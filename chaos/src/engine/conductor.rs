use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep_until};

use super::event_log::EventLog;
use super::meter::{Meter, PolicyMeters};
use super::{PhaseRecord, Progress};
use crate::experiment::{Experiment, Group, PerGroup, Role, Window};
use crate::fault::Fault;
use crate::measure::{Effect, Policies};
use crate::probe::{UserCounters, policies, scrape};
use crate::target::{Breakdown, Site};

/// How long before a phase its counters are read and its fault is armed. Shorter than
/// every pause, so that it happens while no order arrives.
const LEAD: Duration = Duration::from_millis(100);

/// Walks the phases: reads counters, injects, undoes.
#[derive(Debug)]
pub(super) struct Conductor<'a> {
    pub(super) site: &'a mut Site,
    pub(super) origin: Instant,
    pub(super) log: EventLog,
    pub(super) lookups: PerGroup<Meter>,
    pub(super) policies: PolicyMeters,
    /// Services that were found dead, each once.
    pub(super) breakdowns: Vec<Breakdown>,
}

impl Conductor<'_> {
    /// Walks all phases of `experiment` with `faults`, one entry a phase.
    pub(super) async fn walk(
        &mut self,
        experiment: &Experiment,
        faults: &[Option<Box<dyn Fault>>],
        progress: &dyn Progress,
    ) -> anyhow::Result<Vec<PhaseRecord>> {
        let mut records = Vec::with_capacity(faults.len());
        self.read_counters().await?;
        let plan = experiment.phases.iter().zip(experiment.windows()).zip(faults);
        for (number, ((phase, window), fault)) in plan.enumerate() {
            progress.phase(number + 1, faults.len(), &phase.name);
            let effect = match fault {
                Some(fault) => self
                    .fault(fault.as_ref(), window)
                    .await
                    .with_context(|| format!("the fault of the phase {}", phase.name))?,
                None => None,
            };
            let restored = matches!(effect, Some(Effect::Gone { .. }))
                .then(|| Instant::now().saturating_duration_since(self.origin));
            self.until(window.drained.saturating_sub(LEAD)).await;
            let policies = self.read_counters().await?;
            let lookups = PerGroup::build(|group| self.lookups.of_mut(group).take());
            records.push(PhaseRecord { lookups, policies, effect, restored });
        }
        Ok(records)
    }

    /// Injects `fault` in its time and undoes it; `None`: the service it is aimed at died.
    async fn fault(&mut self, fault: &dyn Fault, window: Window) -> anyhow::Result<Option<Effect>> {
        let after = fault.begins_after();
        let begin = if after.is_zero() {
            window.start.saturating_sub(LEAD)
        } else {
            (window.start + after).min(window.end)
        };
        let lasts = fault.lasts(window.drained.saturating_sub(LEAD).saturating_sub(begin));
        self.until(begin).await;
        // Right before: a killed service takes its counters with it.
        self.read_user().await?;
        if self.lost(Role::User).await? {
            return Ok(None);
        }
        let undo = fault.inject(self.site, lasts).await?;
        self.log.note(format!("injected: {}", fault.describe()));
        self.until(begin + lasts).await;
        let effect = match undo.undo(self.site).await {
            Ok(effect) => effect,
            Err(error) => {
                // What was armed inside a service went with it.
                let lost = self.lost(Role::User).await?;
                return if lost { Ok(None) } else { Err(error) };
            }
        };
        let seen = match effect {
            Effect::Hits { calls, .. } => format!("{calls} calls were hit"),
            Effect::Gone { stayed: false, .. } => {
                "the service had been started again by somebody else".to_owned()
            }
            Effect::Gone { down_for, .. } => {
                format!("the service was gone for {:.2} s", down_for.as_secs_f64())
            }
        };
        self.log.note(format!("undone: {seen}"));
        self.read_user().await?;
        Ok(Some(effect))
    }

    /// Looks for services that have died since the last look.
    async fn look(&mut self) -> anyhow::Result<()> {
        for breakdown in self.site.broken_down().await? {
            if self.breakdowns.iter().all(|known| known.role != breakdown.role) {
                self.log.note(breakdown.to_string());
                self.breakdowns.push(breakdown);
            }
        }
        if let Some(how) = self.site.lost_dashboard().await? {
            self.log.note(format!("warning: the dashboard died with {how}; the run goes on"));
        }
        Ok(())
    }

    /// Whether `role` has died.
    async fn lost(&mut self, role: Role) -> anyhow::Result<bool> {
        self.look().await?;
        Ok(self.breakdowns.iter().any(|breakdown| breakdown.role == role))
    }

    async fn until(&self, at: Duration) {
        sleep_until(self.origin + at).await;
    }

    async fn read_user(&mut self) -> anyhow::Result<()> {
        if self.lost(Role::User).await? {
            return Ok(());
        }
        let scrape = match scrape(&self.site.http, &self.site.user.url("/metrics")).await {
            Ok(scrape) => scrape,
            Err(error) => {
                let lost = self.lost(Role::User).await?;
                return if lost { Ok(()) } else { Err(error) };
            }
        };
        let (start, counters) = (self.site.user.starts(), UserCounters::of(&scrape));
        for group in Group::ALL {
            self.lookups.of_mut(group).observe(start, *counters.lookups.of(group));
        }
        Ok(())
    }

    /// Reads all counters and gives the guarded service's gain since the last time.
    async fn read_counters(&mut self) -> anyhow::Result<Policies> {
        self.read_user().await?;
        if self.lost(Role::Order(Group::Guarded)).await? {
            return Ok(Policies::default());
        }
        let guarded = &self.site.orders.guarded;
        let start = guarded.starts();
        let scrape = match scrape(&self.site.http, &guarded.url("/metrics")).await {
            Ok(scrape) => scrape,
            Err(error) => {
                let lost = self.lost(Role::Order(Group::Guarded)).await?;
                return if lost { Ok(Policies::default()) } else { Err(error) };
            }
        };
        Ok(self.policies.gain(start, policies(&scrape)))
    }
}
