use std::{
    io,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header::RETRY_AFTER};

use super::{HttpClassifier, RetryAfter, retry_after::retry_after};
use crate::{
    classify::{AnyError, Classify},
    error::{BoxError, Error, Reason, Refusal, Rejected},
    name::Name,
    outcome::Outcome,
};

fn asked(status: u16, value: &'static str) -> Option<Duration> {
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
    retry_after(StatusCode::from_u16(status).unwrap(), &headers)
}

#[test]
fn a_wait_is_a_whole_number_of_seconds() {
    for (value, wait) in [
        ("0", Some(Duration::ZERO)),
        ("2", Some(Duration::from_secs(2))),
        (" 2 ", Some(Duration::from_secs(2))),
        ("18446744073709551615", Some(Duration::from_secs(u64::MAX))),
        ("+2", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        (" ", None),
        ("Wed, 21 Oct 1026 07:28", None),
    ] {
        assert_eq!(asked(429, value), wait, "{value:?}");
        assert_eq!(asked(503, value), wait, "{value:?}");
    }
    assert_eq!(retry_after(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()), None);
}

#[test]
fn more_seconds_than_fit_are_the_longest_wait() {
    assert_eq!(asked(503, "999999999999999999999999999999"), Some(Duration::MAX));
    assert_eq!(asked(503, "18446744073709551616"), Some(Duration::MAX));
}

#[test]
fn only_a_429_and_a_503_ask_to_wait() {
    for status in [200, 301, 404, 500, 502, 504] {
        assert_eq!(asked(status, "2"), None, "{status}");
    }
}

fn of_response(response: &Response<()>) -> Outcome {
    HttpClassifier.classify(Ok::<_, &BoxError>(response))
}

fn of_error(error: &impl Refusal) -> Outcome {
    HttpClassifier.classify(Err::<&Response<()>, _>(error))
}

fn rejected(reason: Reason) -> BoxError {
    BoxError::from_rejected(Rejected::new(Name::from_static("classify-test"), reason))
}

const STATUSES: [(u16, Outcome); 13] = [
    (100, Outcome::Success),
    (200, Outcome::Success),
    (304, Outcome::Success),
    (400, Outcome::Success),
    (404, Outcome::Success),
    (428, Outcome::Success),
    (429, Outcome::RateLimited { retry_after: None }),
    (430, Outcome::Success),
    (499, Outcome::Success),
    (500, Outcome::Failure),
    (503, Outcome::Failure),
    (599, Outcome::Failure),
    (600, Outcome::Success),
];

#[test]
fn a_response_counts_by_its_status() {
    for (status, outcome) in STATUSES {
        let response = Response::builder().status(status).body(()).unwrap();
        assert_eq!(of_response(&response), outcome, "{status}");
    }
    let response = Response::builder().status(429).header(RETRY_AFTER, "2").body(()).unwrap();
    let retry_after = Some(Duration::from_secs(2));
    assert_eq!(of_response(&response), Outcome::RateLimited { retry_after });
}

#[test]
fn a_service_that_says_for_how_long_it_fails_is_unavailable() {
    let of = |status: u16, value: &str| {
        let response = Response::builder().status(status).header(RETRY_AFTER, value);
        of_response(&response.body(()).unwrap())
    };
    let retry_after = Duration::from_secs(2);
    assert_eq!(of(503, "2"), Outcome::Unavailable { retry_after });
    assert_eq!(of(503, "0"), Outcome::Unavailable { retry_after: Duration::ZERO });
    assert_eq!(of(503, "soon"), Outcome::Failure, "nothing can be read from it");
    assert_eq!(of(500, "2"), Outcome::Failure, "the header means nothing there");
    assert_eq!(of(200, "2"), Outcome::Success);
}

#[test]
fn an_injected_error_counts_as_a_response_of_its_status() {
    for (status, outcome) in STATUSES {
        assert_eq!(of_error(&rejected(Reason::InjectedError { status })), outcome, "{status}");
    }
    let no_status = rejected(Reason::InjectedError { status: 7 });
    assert_eq!(of_error(&no_status), Outcome::Failure);
}

#[test]
fn an_injected_code_counts_as_a_response_of_the_status_that_says_the_same() {
    for (code, outcome) in [
        (1, Outcome::Success),
        (5, Outcome::Success),
        (8, Outcome::RateLimited { retry_after: None }),
        (13, Outcome::Failure),
        (14, Outcome::Failure),
    ] {
        assert_eq!(of_error(&rejected(Reason::InjectedGrpc { code })), outcome, "{code}");
        let error = rejected(Reason::InjectedGrpc { code });
        assert_eq!(AnyError.classify(Err::<&(), _>(&error)), Outcome::Failure, "{code}");
    }
}

#[test]
fn an_injected_error_is_a_failure_to_who_knows_no_status() {
    for status in [404, 429, 503] {
        let error = rejected(Reason::InjectedError { status });
        assert_eq!(AnyError.classify(Err::<&(), _>(&error)), Outcome::Failure, "{status}");
    }
}

#[test]
fn an_abort_and_a_call_that_ran_out_of_time_are_failures() {
    for reason in [Reason::InjectedAbort, Reason::TimedOut, Reason::DeadlineExceeded] {
        assert_eq!(of_error(&rejected(reason)), Outcome::Failure, "{reason:?}");
    }
}

#[test]
fn a_refusal_before_anything_was_sent_is_ignored() {
    for reason in [Reason::CircuitOpen, Reason::ProbesTaken, Reason::DeadlineExpired] {
        assert!(reason.is_unsent(), "{reason:?}");
        assert_eq!(of_error(&rejected(reason)), Outcome::Ignored, "{reason:?}");
    }
}

#[test]
fn any_other_error_is_a_failure() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(of_error(&BoxError::from(refused())), Outcome::Failure);
    assert_eq!(of_error(&Error::Inner(refused())), Outcome::Failure);
}

const NOON: &str = "Sun, 06 Nov 1994 12:00:00 GMT";

#[test]
fn a_date_is_held_against_the_date_of_the_response() {
    let asked = |until: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("date", NOON.parse().unwrap());
        headers.insert("retry-after", until.parse().unwrap());
        retry_after(StatusCode::SERVICE_UNAVAILABLE, &headers)
    };
    assert_eq!(asked(" Sun, 06 Nov 1994 12:02:00 GMT "), Some(Duration::from_mins(2)));
    assert_eq!(asked(NOON), Some(Duration::ZERO));
    assert_eq!(asked("Sun, 06 Nov 1994 11:59:59 GMT"), Some(Duration::ZERO), "it has passed");
    assert_eq!(asked("Sun, 06 Nov 1994 12:02:00"), None);
}

#[test]
fn without_a_date_of_its_own_the_wall_clock_counts() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT".parse().unwrap());
    let asked = retry_after(StatusCode::TOO_MANY_REQUESTS, &headers).unwrap();
    assert!(asked > Duration::from_hours(24 * 365), "{asked:?}");
}

#[test]
fn the_statuses_and_the_longest_wait_can_be_chosen() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "3600".parse().unwrap());
    let reader = RetryAfter::default()
        .statuses([StatusCode::INTERNAL_SERVER_ERROR])
        .at_most(Duration::from_mins(5));
    let read = |status| reader.read(status, &headers, SystemTime::UNIX_EPOCH);
    assert_eq!(read(StatusCode::INTERNAL_SERVER_ERROR), Some(Duration::from_mins(5)));
    assert_eq!(read(StatusCode::TOO_MANY_REQUESTS), None);
}
