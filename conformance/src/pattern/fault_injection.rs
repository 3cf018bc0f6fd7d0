use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use resilience::{
    BoxError, Name, Ratio, Refusal,
    fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
};
use serde_json::Value;
use tokio::time::{Duration, Instant};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    case::Facts,
    keys::Keys,
    numbers::Numbers,
    run::{Place, Subject, millis, unheard, unknown},
    verdict::Gap,
};

/// The status of an injected error; cases do not look at it.
const STATUS: u16 = 503;

/// A service behind fault injection.
#[derive(Debug)]
pub(crate) struct Injected {
    switch: FaultSwitch,
    keys: FaultKeys,
    calls: Arc<AtomicU32>,
    last: Seen,
}

/// The faults that a case wants.
#[derive(Debug)]
pub(crate) struct FaultKeys {
    enabled: bool,
    rate: Option<f64>,
    latency: Option<f64>,
    fault: Option<String>,
}

/// What was seen of a request.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    injected: bool,
    delay: Duration,
    inner_called: bool,
}

impl Subject for Injected {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let numbers = Numbers::take(config)?;
        Ok(Self {
            switch: numbers.map_or_else(FaultSwitch::new, |n| FaultSwitch::with_rng(n.rng())),
            keys: FaultKeys::take(config)?,
            calls: Arc::default(),
            last: Seen::default(),
        })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        if event != "request" {
            return Err(unheard(event));
        }
        match self.keys.plan(args)? {
            None => self.switch.disarm(),
            Some(plan) => self.switch.arm(plan),
        }
        self.last = self.request().await;
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        Ok(match key {
            "injected" => self.last.injected.into(),
            "delay_ms" => millis(self.last.delay),
            "inner_called" => self.last.inner_called.into(),
            "inner_calls" => self.calls.load(Ordering::Relaxed).into(),
            _ => return Err(unknown(key)),
        })
    }
}

impl FaultKeys {
    pub(crate) fn take(config: &mut Keys) -> Result<Self, Gap> {
        Ok(Self {
            enabled: config.take("enabled")?.unwrap_or(false),
            rate: config.take("rate")?,
            latency: config.take("latency_ms")?,
            fault: config.take("fault")?,
        })
    }

    /// What is armed for a request with these arguments.
    pub(crate) fn plan(&self, args: &mut Keys) -> Result<Option<FaultPlan>, Gap> {
        let rate = args.take("rate")?.or(self.rate).unwrap_or(0.0);
        let latency = args.take("latency_ms")?.or(self.latency);
        if !self.enabled {
            return Ok(None);
        }
        let Some(fault) = self.fault(latency)? else { return Ok(None) };
        // A `Ratio` takes no number outside of its range: the nearest one is given.
        let rate = Ratio::new(rate.clamp(0.0, 1.0));
        let rate = rate.map_err(|error| Gap::new(error.to_string()))?;
        let plan = FaultPlan::new(fault, rate, Duration::from_hours(24));
        plan.map(Some).map_err(|error| Gap::new(error.to_string()))
    }

    fn fault(&self, latency: Option<f64>) -> Result<Option<Fault>, Gap> {
        match (self.fault.as_deref(), latency) {
            (Some("error"), None) => Ok(Some(Fault::Error { status: STATUS })),
            (None | Some("none"), Some(millis)) => {
                // A `Duration` cannot be below zero, and is then zero.
                let delay = Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default();
                Ok(Some(Fault::Latency { delay }))
            }
            (None | Some("none"), None) => Ok(None),
            (fault, latency) => Err(Gap::new(format!("fault {fault:?} with latency {latency:?}"))),
        }
    }
}

impl Injected {
    async fn request(&self) -> Seen {
        let calls = Arc::clone(&self.calls);
        let inner = service_fn(move |(): ()| {
            calls.fetch_add(1, Ordering::Relaxed);
            async { Ok::<(), BoxError>(()) }
        });
        let layer = FaultLayer::new(Name::from_static("conformance"), self.switch.clone());
        let (before, start) = (self.calls.load(Ordering::Relaxed), Instant::now());
        let result = layer.layer(inner).oneshot(()).await;
        let delay = start.elapsed();
        let was_refused = result.is_err_and(|error| error.as_rejected().is_some());
        Seen {
            injected: was_refused || !delay.is_zero(),
            delay,
            inner_called: self.calls.load(Ordering::Relaxed) > before,
        }
    }
}
