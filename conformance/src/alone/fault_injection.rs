use resilience::{
    Rng,
    fault::{Fault, FaultPlan},
};
use serde_json::Value;
use tokio::time::Duration;

use crate::{
    case::Facts,
    keys::Keys,
    numbers::Numbers,
    pattern::FaultKeys,
    run::{Place, Subject, millis, unheard, unknown},
    verdict::Gap,
};

/// Requests, and whether chance hits them.
#[derive(Debug)]
pub(crate) struct Hit {
    keys: FaultKeys,
    rng: Rng,
    last: Option<Fault>,
    inner_calls: u32,
}

impl Subject for Hit {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let rng = Numbers::take(config)?.map_or_else(Rng::default, Numbers::rng);
        Ok(Self { keys: FaultKeys::take(config)?, rng, last: None, inner_calls: 0 })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        if event != "request" {
            return Err(unheard(event));
        }
        let plan: Option<FaultPlan> = self.keys.plan(args)?;
        let hit = plan.filter(|plan| plan.hits(|| self.rng.draw()));
        self.last = hit.map(|plan| plan.fault().clone());
        self.inner_calls += u32::from(self.goes_on());
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        Ok(match key {
            "injected" => self.last.is_some().into(),
            "delay_ms" => match self.last {
                Some(Fault::Latency { delay }) => millis(delay),
                _ => millis(Duration::ZERO),
            },
            "inner_called" => self.goes_on().into(),
            "inner_calls" => self.inner_calls.into(),
            _ => return Err(unknown(key)),
        })
    }
}

impl Hit {
    /// A delayed request goes on, too.
    fn goes_on(&self) -> bool {
        matches!(self.last, None | Some(Fault::Latency { .. }))
    }
}
