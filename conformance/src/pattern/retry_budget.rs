use std::sync::Arc;

use resilience::{
    GaveUp, Name, Ratio,
    budget::{Cause, Granted, InFlight, RetryBudget, ShareBudget, TokenBudget},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    case::Facts,
    keys::Keys,
    run::{Place, Subject, unheard, unknown},
    stack::{Call, Outcome, Plan, Record, Script, Service, retry},
    verdict::Gap,
};

/// A budget, and a call that is retried from it.
#[derive(Debug)]
pub(crate) struct Withdrawn {
    budget: RetryBudget,
    service: Service,
    script: Script,
    record: Arc<Record>,
    call: Option<Call>,
    first: Vec<InFlight>,
    extra: Vec<Granted>,
    granted: u64,
    denied: usize,
    last_granted: bool,
}

impl Subject for Withdrawn {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let kind: String = config.need("kind")?;
        let budget = match kind.as_str() {
            "token" => token(config)?,
            "concurrency" => share(config)?,
            other => return Err(Gap::new(format!("config kind: {other}"))),
        };
        let record = Arc::new(Record::default());
        let script = Script::new(Arc::clone(&record));
        let inner = Service::new(script.clone());
        let service = retry(config, inner, Some(budget.clone()), &record)?;
        Ok(Self {
            budget,
            service,
            script,
            record,
            call: None,
            first: Vec::new(),
            extra: Vec::new(),
            granted: 0,
            denied: 0,
            last_granted: false,
        })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        let times: u64 = args.take("n")?.unwrap_or(1);
        match event {
            "deposit" => (0..times).for_each(|_| self.deposit()),
            "withdraw" => (0..times).for_each(|_| self.withdraw()),
            "deposit_then_withdraw" => (0..times).for_each(|_| {
                self.deposit();
                self.withdraw();
            }),
            "balance" => {}
            "set" => {
                let all: usize = args.need("executions")?;
                let extra: usize = args.need("extra_in_flight")?;
                let first = all
                    .checked_sub(extra)
                    .ok_or_else(|| Gap::new("more retries in flight than calls"))?;
                self.first = (0..first).map(|_| self.budget.begin(Instant::now())).collect();
                self.extra = (0..extra).map(|_| self.budget.begin_extra()).collect();
            }
            "finish_extra" => drop(self.extra.pop()),
            "call" => {
                let outcome = Outcome::read(&args.need("outcome")?, None)?;
                self.script.follow(Plan { takes: Vec::new(), outcomes: vec![outcome] });
                self.call = Some(Call::begin(self.service.clone(), Instant::now()));
            }
            _ => return Err(unheard(event)),
        }
        Ok(())
    }

    async fn look(&mut self, key: &str, place: Place) -> Result<Value, Gap> {
        if let Some(call) = &mut self.call {
            call.end().await;
        }
        Ok(match (key, &self.call) {
            ("granted", _) if place == Place::Step => self.last_granted.into(),
            ("granted", _) => self.granted.into(),
            ("balance", _) => self.budget.balance(Instant::now()).into(),
            ("inner_calls", _) => self.script.started().into(),
            ("budget_exceeded_events", _) => {
                (self.denied + self.record.gave_up(GaveUp::Budget)).into()
            }
            ("result", Some(call)) => call.result("last_error", "deadline_exceeded"),
            _ => return Err(unknown(key)),
        })
    }
}

impl Withdrawn {
    /// A first attempt that is over at once: tokens do not ask when it ends.
    fn deposit(&self) {
        drop(self.budget.begin(Instant::now()));
    }

    fn withdraw(&mut self) {
        let granted = self.budget.withdraw(Instant::now(), Cause::Failure);
        self.last_granted = granted.is_some();
        self.granted += u64::from(self.last_granted);
        self.denied += usize::from(!self.last_granted);
        self.extra.extend(granted);
    }
}

const NAME: Name = Name::from_static("conformance");

fn token(config: &mut Keys) -> Result<RetryBudget, Gap> {
    let mut builder = TokenBudget::builder().ratio(ratio(config.need("ratio")?)?);
    builder = builder.min_per_sec(config.take("min_per_sec")?.unwrap_or(0));
    if let Some(ttl) = config.millis("ttl_ms")? {
        builder = builder.ttl(ttl);
    }
    let config = builder.build().map_err(|error| Gap::new(format!("config: {error}")))?;
    Ok(RetryBudget::token(NAME, config))
}

fn share(config: &mut Keys) -> Result<RetryBudget, Gap> {
    let config = ShareBudget::builder()
        .max_ratio(ratio(config.need("max_ratio")?)?)
        .min_concurrency(config.take("min_concurrency")?.unwrap_or(0))
        .build()
        .map_err(|error| Gap::new(format!("config: {error}")))?;
    Ok(RetryBudget::share(NAME, config))
}

fn ratio(share: f64) -> Result<Ratio, Gap> {
    Ratio::new(share).map_err(|error| Gap::new(error.to_string()))
}
