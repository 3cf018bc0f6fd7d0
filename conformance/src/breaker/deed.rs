use resilience::circuit_breaker::Move;
use tokio::time::{Duration, Instant};

use super::{Came, Took};
use crate::{keys::Keys, run::unheard, verdict::Gap};

/// What a step does to a breaker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// A whole call; where it is measured the clock moves by `takes`.
    Call { came: Came, took: Took, takes: Duration },
    /// A call with a name begins.
    Begin { id: String },
    /// It ends.
    End { id: String, came: Came },
    /// It is dropped.
    Drop { id: String },
    /// A permit is asked for and held.
    Acquire,
    /// The oldest of those held is given back.
    Release,
    /// The call of the oldest of those held ends.
    Probe { came: Came, took: Took },
    /// The breaker is moved by hand.
    Step(Move),
    /// It is only looked at.
    Look,
}

impl Deed {
    /// Reads the event of a case that began at `start`.
    pub(crate) fn read(event: &str, args: &mut Keys, start: Instant) -> Result<Self, Gap> {
        Ok(match event {
            "success" => Self::whole(Came::Success, args)?,
            "failure" => Self::whole(Came::Failure, args)?,
            "ignored" => Self::whole(Came::Ignored, args)?,
            "response" => Self::whole(Came::status(args.need("status")?)?, args)?,
            "call" => {
                let takes = args.millis("dur_ms")?.unwrap_or_default();
                Self::Call { came: Came::take(args)?, took: Took::Measured, takes }
            }
            "call_start" => Self::Begin { id: args.need("id")? },
            "call_end" => Self::End { id: args.need("id")?, came: Came::take(args)? },
            "call_drop" => Self::Drop { id: args.need("id")? },
            "try_acquire" => Self::Acquire,
            "release" => Self::Release,
            "probe_success" => Self::probe(Came::Success, args)?,
            "probe_failure" => Self::probe(Came::Failure, args)?,
            "probe_response" => Self::probe(Came::status(args.need("status")?)?, args)?,
            "inspect" => Self::Look,
            _ => Self::Step(step(event, args, start)?),
        })
    }

    fn whole(came: Came, args: &mut Keys) -> Result<Self, Gap> {
        Ok(Self::Call { came, took: reported(args)?, takes: Duration::ZERO })
    }

    fn probe(came: Came, args: &mut Keys) -> Result<Self, Gap> {
        Ok(Self::Probe { came, took: reported(args)? })
    }
}

/// A length that nobody tells is none.
fn reported(args: &mut Keys) -> Result<Took, Gap> {
    Ok(Took::Reported(args.millis("dur_ms")?.unwrap_or_default()))
}

fn step(event: &str, args: &mut Keys, start: Instant) -> Result<Move, Gap> {
    let mut time =
        |name: &str| args.millis(name)?.ok_or_else(|| Gap::new(format!("argument without {name}")));
    Ok(match event {
        "force_to_open" => Move::Open,
        "force_to_open_for" => Move::OpenFor(time("duration_ms")?),
        "force_to_open_until" => {
            let end = start.checked_add(time("until_ms")?);
            Move::OpenUntil(end.ok_or_else(|| Gap::new("argument until_ms beyond the clock"))?)
        }
        "force_to_half_open" => Move::HalfOpen,
        "force_open" => Move::ForceOpen,
        "force_disabled" => Move::Disable,
        "force_metrics_only" => Move::MetricsOnly,
        "force_closed" => Move::Close,
        "reset" => Move::Reset,
        _ => return Err(unheard(event)),
    })
}
