use std::{mem, time::Duration};

use tracing::{Span, field::Empty};

use super::describe::Describe;
use crate::{
    attempt_span,
    carry::Carry,
    error::{Reason, Refusal, Rejected},
    name::Name,
};

/// The first status that means that the attempt has failed.
const FAILED: u16 = 400;

/// The type of an error of which nothing is known, as OpenTelemetry has it.
const OTHER: &str = "_OTHER";

/// The span of an attempt on its way. Dropped before its end, the attempt was given up.
#[derive(Debug)]
pub(super) struct AttemptSpan {
    span: Span,
    has_ended: bool,
}

impl AttemptSpan {
    /// `None`: nobody wants it.
    pub(super) fn begin<Request: Carry, Response>(
        name: Name,
        describe: &impl Describe<Request, Response>,
        request: &Request,
    ) -> Option<Box<Self>> {
        // Whole numbers have a sign: what is without one, exporters take for text.
        let span = tracing::info_span!(
            target: "resilience",
            "attempt",
            otel.kind = "client",
            otel.name = describe.method(request),
            otel.status_code = Empty,
            http.request.method = describe.method(request),
            http.request.resend_count = Empty,
            http.response.status_code = Empty,
            server.address = describe.host(request),
            server.port = describe.port(request).map(i64::from),
            url.full = describe.url(request),
            url.path = describe.path(request),
            error.type = Empty,
            resilience.policy = name.as_str(),
            resilience.attempt = i64::from(request.carried().attempt.get()),
            resilience.backoff_ms = Empty,
            resilience.rejected = Empty,
            resilience.rejected_by = Empty,
            resilience.breaker_state = Empty,
            resilience.fault = Empty,
        );
        // Taken in any case, so that nobody further inside has it.
        let waited = attempt_span::take_wait();
        if span.is_disabled() {
            return None;
        }
        let attempt = request.carried().attempt.get();
        if attempt > 1 {
            span.record("http.request.resend_count", i64::from(attempt - 1));
            if let Some(waited) = waited {
                span.record("resilience.backoff_ms", millis(waited));
            }
        }
        Some(Box::new(Self { span, has_ended: false }))
    }

    /// Does `work` in the span's name, which is told where that panics. Whoever catches the panic may
    /// drop the attempt long after.
    #[inline]
    pub(super) fn watch<T>(&mut self, work: impl FnOnce(&Span) -> T) -> T {
        let guard = PanicGuard(self);
        let value = work(&guard.0.span);
        mem::forget(guard);
        value
    }

    /// The attempt has come to `result`.
    pub(super) fn end<Request, Response, E: Refusal>(
        mut self,
        describe: &impl Describe<Request, Response>,
        result: Result<&Response, &E>,
    ) {
        self.has_ended = true;
        match result {
            Ok(response) => {
                if let Some(fault) = describe.fault(response) {
                    self.span.record("resilience.fault", fault);
                }
                let Some(status) = describe.status(response) else { return };
                self.span.record("http.response.status_code", i64::from(status));
                if status >= FAILED {
                    self.failed(&status.to_string());
                }
            }
            Err(error) => match error.as_rejected() {
                Some(rejected) => self.rejected(rejected),
                None => self.failed(OTHER),
            },
        }
    }

    fn rejected(&self, rejected: &Rejected) {
        let reason = rejected.reason();
        self.span.record("resilience.rejected", reason.as_str());
        self.span.record("resilience.rejected_by", rejected.name().as_str());
        let fault = match reason {
            Reason::InjectedError { .. } => Some("error"),
            Reason::InjectedAbort => Some("abort"),
            _ => None,
        };
        self.span.record("resilience.fault", fault);
        self.failed(reason.as_str());
    }

    /// The attempt has ended without a result.
    fn cut_off(&mut self, kind: &str) {
        if !mem::replace(&mut self.has_ended, true) {
            // Entered, because subscribers take the last time inside for the end.
            self.span.in_scope(|| self.failed(kind));
        }
    }

    fn failed(&self, kind: &str) {
        self.span.record("error.type", kind);
        self.span.record("otel.status_code", "ERROR");
    }
}

impl Drop for AttemptSpan {
    fn drop(&mut self) {
        self.cut_off("cancelled");
    }
}

/// Dropped only by unwinding: the ordinary way forgets it.
struct PanicGuard<'a>(&'a mut AttemptSpan);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        self.0.cut_off("panic");
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
