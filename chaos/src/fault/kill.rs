use std::time::Duration;

use anyhow::{bail, ensure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Fault, Undo};
use crate::measure::Effect;
use crate::target::Site;

/// Kills the user service as a crash would, and restarts it on the same port and database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// How long after the first order of the phase, so that calls are on their way.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
    /// How long it stays down before it is started again.
    #[serde(with = "humantime_serde")]
    pub down_for: Duration,
}

impl Fault for Kill {
    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (Duration::from_millis(100)..=Duration::from_hours(1)).contains(&self.down_for),
            "down_for is {:?}, but must be 100 ms to 1 h",
            self.down_for
        );
        Ok(())
    }

    fn describe(&self) -> String {
        format!("the user service is killed and stays down for {:?}", self.down_for)
    }

    fn begins_after(&self) -> Duration {
        self.after
    }

    fn lasts(&self, rest: Duration) -> Duration {
        self.down_for.min(rest)
    }

    fn inject<'a>(
        &'a self,
        site: &'a mut Site,
        _lasts: Duration,
    ) -> BoxFuture<'a, anyhow::Result<Box<dyn Undo>>> {
        async move {
            if site.user.gone().await? {
                bail!("the user service is gone before it could be killed");
            }
            site.user.kill(&site.journal).await?;
            if !site.user.gone().await? {
                bail!("the user service is still there after SIGKILL");
            }
            let undo: Box<dyn Undo> = Box::new(Restart { since: Instant::now() });
            Ok(undo)
        }
        .boxed()
    }
}

#[derive(Debug)]
struct Restart {
    since: Instant,
}

impl Undo for Restart {
    fn undo(self: Box<Self>, site: &mut Site) -> BoxFuture<'_, anyhow::Result<Effect>> {
        async move {
            let stayed = site.user.stayed_down().await?;
            site.user.restart(&site.journal).await?;
            Ok(Effect::Gone { down_for: self.since.elapsed(), stayed })
        }
        .boxed()
    }
}
