use std::{error::Error, io, iter};

use crate::error::Rejected;

/// How hyper-util says that it got no connection.
const NOT_CONNECTED: &str = "client error (Connect)";

/// How h2 says that the server did not take up a request.
const REFUSED_STREAM: &str =
    "stream error received: refused stream before processing any application logic";

/// How h2 says that the server shut down and left out this request.
const GRACEFUL_GOAWAY: &str = "connection error received: not a result of an error";

/// How hyper says that the body of a request failed.
const FAILED_BODY: &str = "error from user's Body stream";

/// Whether an error of an HTTP client means that the request surely did not reach the server.
///
/// Such a request may be sent again whatever its method. The error and all its sources are
/// asked. Yes is the answer to
///
/// - a connection that was refused, or that had no local address left, as an
///   [`io::Error`] of the kinds `ConnectionRefused` and `AddrNotAvailable`;
/// - whatever kept reqwest (feature `reqwest`) or hyper-util from connecting: the look-up of the
///   name, the TLS handshake, the limit of connecting;
/// - HTTP/2's `REFUSED_STREAM`, and a `GOAWAY` with `NO_ERROR` that left the request out, both by
///   the server;
/// - a [`Rejected`] whose [reason](crate::Reason::is_unsent) is one.
///
/// No is the answer to everything else: a connection that was reset or closed early, a limit of
/// time, and any network error that can also meet a connection that stands. It is no, too, where
/// reqwest or hyper says that the body failed, whatever its error is: a body that comes from
/// another service may fail because that one refused a connection, with half of it sent.
///
/// The errors of h2, hyper and hyper-util are told by their text, which a crate that depends on
/// none of them can read. Where a version words them otherwise the answer is no, but for one: a
/// body that failed to connect to its source is then told under reqwest alone. Not told at all
/// are a connection of hyper's that was closed before it took the request ("operation was
/// canceled"), which hyper-util sends again by itself, and HTTP/3.
///
/// # Traps
///
/// The answer holds for the request that failed. A client that follows redirects may have had
/// an answer to another one before: switch them off where a request must not be sent twice. So
/// it is with a layer that retries inside. And a service that is no client, but asks others
/// while it works, may pass on that one of those refused a connection.
///
/// # Examples
///
/// ```
/// use std::io;
/// use resilience::{BoxError, http::is_unsent};
///
/// let refused = BoxError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
/// assert!(is_unsent(&*refused));
/// let reset = BoxError::from(io::Error::from(io::ErrorKind::ConnectionReset));
/// assert!(!is_unsent(&*reset), "the request may have had its effect");
/// ```
pub fn is_unsent(error: &(dyn Error + 'static)) -> bool {
    let chain = || iter::successors(Some(error), |error| below(*error));
    // All of it is asked for the body: reqwest's own word on connecting looks below as well.
    chain().any(tells_unsent) && !chain().any(tells_failed_body)
}

/// What lies below an error: an I/O error leaves out the one it was made from.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn tells_failed_body(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return error.is_body();
    }
    error.to_string() == FAILED_BODY
}

fn tells_unsent(error: &(dyn Error + 'static)) -> bool {
    if let Some(rejected) = error.downcast_ref::<Rejected>() {
        return rejected.reason().is_unsent();
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // A host or network that cannot be reached is left out: the routers also say so of a
        // connection that stands.
        let kind = error.kind();
        return matches!(kind, io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable);
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return error.is_connect();
    }
    let text = error.to_string();
    // What a server adds to its GOAWAY follows in parentheses.
    text == NOT_CONNECTED
        || text == REFUSED_STREAM
        || text.strip_prefix(GRACEFUL_GOAWAY).is_some_and(|rest| {
            rest.is_empty() || (rest.starts_with(" (b\"") && rest.ends_with("\")"))
        })
}

#[cfg(test)]
mod tests {
    use std::{fmt, io::ErrorKind};

    use super::*;
    use crate::{
        error::{BoxError, Error as Lifted, Reason, Refusal},
        name::Name,
    };

    /// An error with a text, and another one below it.
    #[derive(Debug)]
    struct Says(String, Option<BoxError>);

    impl fmt::Display for Says {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }

    impl Error for Says {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|error| error as _)
        }
    }

    fn says(text: &str) -> bool {
        // As hyper-util and hyper wrap what h2 says.
        let h2 = Says(text.into(), None);
        let hyper = Says("http2 error".into(), Some(Box::new(h2)));
        is_unsent(&Says("client error (SendRequest)".into(), Some(Box::new(hyper))))
    }

    #[test]
    fn only_what_connecting_alone_can_meet_is_unsent() {
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, true),
            (ErrorKind::AddrNotAvailable, true),
            (ErrorKind::ConnectionReset, false),
            (ErrorKind::ConnectionAborted, false),
            (ErrorKind::BrokenPipe, false),
            (ErrorKind::UnexpectedEof, false),
            (ErrorKind::TimedOut, false),
            (ErrorKind::HostUnreachable, false),
            (ErrorKind::NetworkUnreachable, false),
            (ErrorKind::NotConnected, false),
        ] {
            assert_eq!(is_unsent(&io::Error::from(kind)), expected, "{kind:?}");
            let below = Says("error".into(), Some(Box::new(io::Error::from(kind))));
            assert_eq!(is_unsent(&below), expected, "{kind:?} below another error");
            let inside = io::Error::other(io::Error::from(kind));
            assert_eq!(is_unsent(&inside), expected, "{kind:?} inside an I/O error");
        }
    }

    #[test]
    fn a_server_that_took_up_no_request_says_so_over_http_2() {
        assert!(says(
            "stream error received: refused stream before processing any application logic"
        ));
        assert!(says("connection error received: not a result of an error"));
        assert!(says("connection error received: not a result of an error (b\"max_age\")"));
        for sent in [
            "stream error detected: refused stream before processing any application logic",
            "stream error received: stream no longer needed",
            "stream error received: not a result of an error",
            "connection error received: unspecific protocol error detected",
            "connection error detected: not a result of an error",
            "connection error received: not a result of an error, or is it",
            "connection closed before message completed",
            "operation was canceled",
        ] {
            assert!(!says(sent), "{sent}");
        }
    }

    #[test]
    fn a_client_that_got_no_connection_sent_nothing() {
        assert!(is_unsent(&Says("client error (Connect)".into(), None)));
        assert!(!is_unsent(&Says("client error (SendRequest)".into(), None)));
    }

    #[test]
    fn a_body_that_could_not_connect_leaves_a_request_half_sent() {
        for refused in [
            Says("client error (Connect)".into(), None),
            Says("upstream".into(), Some(io::Error::from(ErrorKind::ConnectionRefused).into())),
        ] {
            assert!(is_unsent(&refused));
            let hyper = Says("error from user's Body stream".into(), Some(Box::new(refused)));
            assert!(!is_unsent(&hyper));
            let client = Says("client error (SendRequest)".into(), Some(Box::new(hyper)));
            assert!(!is_unsent(&client));
        }
    }

    #[test]
    fn a_rejection_is_unsent_by_its_reason() {
        for (reason, expected) in [
            (Reason::CircuitOpen, true),
            (Reason::ProbesTaken, true),
            (Reason::DeadlineExpired, true),
            (Reason::TimedOut, false),
            (Reason::DeadlineExceeded, false),
            (Reason::InjectedAbort, false),
        ] {
            let rejected = Rejected::new(Name::from_static("unsent-test"), reason);
            assert_eq!(is_unsent(&rejected), expected, "{reason:?}");
        }
    }

    #[test]
    fn the_error_below_a_lifted_one_is_found_where_its_type_is_known() {
        let refused = || io::Error::from(ErrorKind::ConnectionRefused);
        let boxed = Lifted::Inner(BoxError::from(refused()));
        assert!(boxed.as_error().is_some_and(is_unsent));
        let plain = Lifted::Inner(refused());
        assert!(plain.as_error().is_some_and(is_unsent));
        let of_a_crate_unknown = Lifted::Inner(Says("client error (Connect)".into(), None));
        assert!(of_a_crate_unknown.as_error().is_none(), "nothing is known, nothing is unsent");
    }
}
