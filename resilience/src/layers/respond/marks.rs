use http::{HeaderMap, HeaderValue};

use crate::error::Reason;

/// Marks the headers of an answer as one that was not the service's: by the reason when the call
/// surely never reached it, and as a fault when one was injected.
pub(super) fn mark(headers: &mut HeaderMap, reason: Reason) {
    if reason.is_unsent() {
        headers.insert("x-refused-by", HeaderValue::from_static(reason.as_str()));
    }
    let fault = match reason {
        Reason::InjectedError { .. } | Reason::InjectedGrpc { .. } => "error",
        Reason::InjectedAbort => "abort",
        _ => return,
    };
    headers.insert("x-fault-injected", HeaderValue::from_static(fault));
}
