use std::time::Duration;

use anyhow::ensure;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use resilience::wire::{ArmFault, FaultKind, Flag, FlagStatus};
use serde::{Deserialize, Serialize};

use super::{Fault, Undo};
use crate::measure::Effect;
use crate::target::{FaultFlag, Site};

/// Arms a fault inside the user service by a feature flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpFault {
    /// What happens to a call that is hit.
    pub fault: FaultKind,
    /// The share of calls that are hit, above 0 and at most 1.
    pub rate: f64,
}

/// How much longer than planned the fault stays armed when nobody disarms it.
const MARGIN: Duration = Duration::from_secs(5);

/// The fault switch of the user service.
const POLICY: &str = "user";

/// Only look-ups are hit, which is what the order services ask for.
const PATH: &str = "/users/";

impl Fault for HttpFault {
    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.rate > 0.0 && self.rate <= 1.0,
            "rate is {}, but must be above 0 and at most 1",
            self.rate
        );
        if let FaultKind::Error { status } = self.fault {
            ensure!((400..=599).contains(&status), "status is {status}, but must be 400 to 599");
        }
        Ok(())
    }

    fn describe(&self) -> String {
        let effect = match &self.fault {
            FaultKind::Latency { delay } => format!("take {delay:?} more"),
            FaultKind::Error { status } => format!("are answered {status}"),
            FaultKind::Abort {} => "are cut".to_owned(),
            // The wire's list may grow; its own text is better than none.
            other => format!("meet {other:?}"),
        };
        format!("{:.0} % of the calls to the user service {effect}", self.rate * 100.0)
    }

    fn inject<'a>(
        &'a self,
        site: &'a mut Site,
        lasts: Duration,
    ) -> BoxFuture<'a, anyhow::Result<Box<dyn Undo>>> {
        async move {
            let (flag, expires_in) = (site.flag()?, lasts + MARGIN);
            let name = flag.name().to_owned();
            site.user.note_fault(self.describe(), name, expires_in, &site.journal)?;
            let plan = ArmFault {
                path_prefix: Some(PATH.to_owned()),
                ..ArmFault::new(self.fault.clone(), self.rate, expires_in)
            };
            let set = flag.set(&Flag { policy: POLICY.to_owned(), enabled: true, plan }).await?;
            let armed = set.is_some_and(|state| state.status == FlagStatus::Armed);
            ensure!(armed, "the user service says that its flag has armed nothing");
            let undo: Box<dyn Undo> = Box::new(TakeBack { flag, share: self.rate });
            Ok(undo)
        }
        .boxed()
    }
}

#[derive(Debug)]
struct TakeBack {
    flag: FaultFlag,
    share: f64,
}

impl Undo for TakeBack {
    fn undo(self: Box<Self>, site: &mut Site) -> BoxFuture<'_, anyhow::Result<Effect>> {
        async move {
            let (calls, stayed) = if let Some(state) = self.flag.state().await? {
                self.flag.clear().await?;
                let left = self.flag.state().await?;
                ensure!(left.is_none(), "the user service says that the flag is still set");
                (state.injected, state.status == FlagStatus::Armed)
            } else {
                // One that has ended since took the flag with it, and nobody has taken it back.
                ensure!(!site.user.gone().await?, "the flag went with the user service");
                (self.hits_without_flag().await?, false)
            };
            site.user.note_mended(&site.journal)?;
            Ok(Effect::Hits { calls, share: self.share, stayed })
        }
        .boxed()
    }
}

impl TakeBack {
    /// The calls that were hit until somebody took the flag back. The switch remembers them until
    /// something else is armed.
    async fn hits_without_flag(&self) -> anyhow::Result<u64> {
        let switches = self.flag.switches().await?;
        let own = switches.into_iter().find(|switch| switch.policy == POLICY);
        let idle = own.filter(|switch| switch.status.armed.is_none());
        Ok(idle.map_or(0, |switch| switch.status.injected_by_plan))
    }
}
