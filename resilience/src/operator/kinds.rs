//! Kinds of faults in the shapes that are sent, and back.

use crate::{
    fault::{Bucket, Fault, Spread},
    wire::{FaultKind, LatencyBucket, LatencySpread},
};

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Latency { delay } => Self::Latency { delay },
            FaultKind::Error { status } => Self::Error { status },
            FaultKind::GrpcStatus { code } => Self::GrpcStatus { code },
            FaultKind::Abort {} => Self::Abort,
            FaultKind::RandomLatency(spread) => Self::RandomLatency { spread: spread.into() },
            FaultKind::Stall {} => Self::Stall,
            FaultKind::ReadinessStall {} => Self::ReadinessStall,
            FaultKind::SlowBody { chunk, pause } => Self::SlowBody { chunk, pause },
            FaultKind::TruncatedBody { after } => Self::TruncatedBody { after },
            FaultKind::Panic {} => Self::Panic,
        }
    }
}

impl From<&Fault> for FaultKind {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Latency { delay } => Self::Latency { delay: *delay },
            Fault::Error { status } => Self::Error { status: *status },
            Fault::GrpcStatus { code } => Self::GrpcStatus { code: *code },
            Fault::Abort => Self::Abort {},
            Fault::RandomLatency { spread } => Self::RandomLatency(spread.into()),
            Fault::Stall => Self::Stall {},
            Fault::ReadinessStall => Self::ReadinessStall {},
            Fault::SlowBody { chunk, pause } => Self::SlowBody { chunk: *chunk, pause: *pause },
            Fault::TruncatedBody { after } => Self::TruncatedBody { after: *after },
            Fault::Panic => Self::Panic {},
        }
    }
}

impl From<LatencySpread> for Spread {
    fn from(spread: LatencySpread) -> Self {
        match spread {
            LatencySpread::Uniform { from, to } => Self::Uniform { from, to },
            LatencySpread::Normal { mean, deviation } => Self::Normal { mean, deviation },
            LatencySpread::Pareto { least, shape } => Self::Pareto { least, shape },
            LatencySpread::Histogram { buckets } => {
                Self::histogram(buckets.iter().map(|bucket| (bucket.up_to, bucket.weight)))
            }
        }
    }
}

impl From<&Spread> for LatencySpread {
    fn from(spread: &Spread) -> Self {
        match *spread {
            Spread::Uniform { from, to } => Self::Uniform { from, to },
            Spread::Normal { mean, deviation } => Self::Normal { mean, deviation },
            Spread::Pareto { least, shape } => Self::Pareto { least, shape },
            Spread::Histogram { ref buckets } => {
                let told =
                    |bucket: &Bucket| LatencyBucket { up_to: bucket.up_to, weight: bucket.weight };
                Self::Histogram { buckets: buckets.iter().map(told).collect() }
            }
        }
    }
}
