use std::{io, time::Duration};

use http::{HeaderMap, Response, StatusCode};

use super::{Code, GrpcClassifier};
use crate::{
    classify::Classify,
    error::{BoxError, Reason, Refusal, Rejected},
    http::HttpClassifier,
    name::Name,
    outcome::Outcome,
};

fn of(pairs: &[(&'static str, &str)]) -> Outcome {
    let builder =
        pairs.iter().fold(Response::builder(), |it, (name, value)| it.header(*name, *value));
    GrpcClassifier.classify(Ok::<_, &BoxError>(&builder.body(()).unwrap()))
}

fn of_error(error: &BoxError) -> Outcome {
    GrpcClassifier.classify(Err::<&Response<()>, _>(error))
}

#[test]
fn a_response_counts_by_its_code() {
    for (code, outcome) in [
        ("0", Outcome::Success),
        ("1", Outcome::Ignored),
        ("2", Outcome::Failure),
        ("3", Outcome::Success),
        ("4", Outcome::Failure),
        ("5", Outcome::Success),
        ("6", Outcome::Success),
        ("7", Outcome::Success),
        ("8", Outcome::RateLimited { retry_after: None }),
        ("9", Outcome::Success),
        ("10", Outcome::Success),
        ("11", Outcome::Success),
        ("12", Outcome::Success),
        ("13", Outcome::Failure),
        ("14", Outcome::Failure),
        ("15", Outcome::Failure),
        ("16", Outcome::Success),
        ("17", Outcome::Failure),
        ("-1", Outcome::Failure),
        ("00", Outcome::Failure),
        ("", Outcome::Failure),
    ] {
        assert_eq!(of(&[("grpc-status", code)]), outcome, "{code:?}");
    }
}

#[test]
fn a_pushback_of_zero_or_more_is_the_wait_that_is_asked_for() {
    let asked = |code, wait| of(&[("grpc-status", code), ("grpc-retry-pushback-ms", wait)]);
    let retry_after = Duration::from_millis(250);
    assert_eq!(asked("8", "250"), Outcome::RateLimited { retry_after: Some(retry_after) });
    assert_eq!(asked("8", "0"), Outcome::RateLimited { retry_after: Some(Duration::ZERO) });
    assert_eq!(asked("8", "-1"), Outcome::RateLimited { retry_after: None });
    assert_eq!(asked("14", "250"), Outcome::Unavailable { retry_after });
    assert_eq!(asked("14", "-1"), Outcome::Failure);
    assert_eq!(asked("14", "soon"), Outcome::Failure);
    assert_eq!(asked("13", "250"), Outcome::Failure, "it does not say that it will be well then");
    assert_eq!(asked("5", "250"), Outcome::Success);
}

#[test]
fn a_code_that_is_still_to_come_is_a_success_and_an_answer_of_a_proxy_counts_by_its_status() {
    assert_eq!(of(&[("content-type", "application/grpc")]), Outcome::Success);
    for status in [404, 429, 500, 503] {
        let response = Response::builder().status(status).header("retry-after", "2").body(());
        let response = response.unwrap();
        let result = Ok::<_, &BoxError>(&response);
        assert_eq!(GrpcClassifier.classify(result), HttpClassifier.classify(result), "{status}");
    }
}

#[test]
fn a_code_counts_before_the_status() {
    let mut response = Response::builder().header("grpc-status", "5").body(()).unwrap();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(GrpcClassifier.classify(Ok::<_, &BoxError>(&response)), Outcome::Success);
}

#[test]
fn an_error_counts_as_it_does_over_http() {
    let rejected =
        |reason| BoxError::from_rejected(Rejected::new(Name::from_static("grpc-test"), reason));
    assert_eq!(of_error(&rejected(Reason::CircuitOpen)), Outcome::Ignored);
    assert_eq!(of_error(&rejected(Reason::DeadlineExpired)), Outcome::Ignored);
    assert_eq!(of_error(&rejected(Reason::TimedOut)), Outcome::Failure);
    let limited = rejected(Reason::InjectedError { status: 429 });
    assert_eq!(of_error(&limited), Outcome::RateLimited { retry_after: None });
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(of_error(&refused.into()), Outcome::Failure);
}

#[test]
fn an_injected_code_counts_as_that_code_from_the_service() {
    for number in 1..=16_u8 {
        let name = Name::from_static("grpc-test");
        let rejected = Rejected::new(name, Reason::InjectedGrpc { code: number });
        let answer = Response::builder().header("grpc-status", number.to_string()).body(());
        let answered = GrpcClassifier.classify(Ok::<_, &BoxError>(&answer.unwrap()));
        assert_eq!(of_error(&BoxError::from_rejected(rejected)), answered, "{number}");
    }
    let code = |code| {
        of_error(&BoxError::from_rejected(Rejected::new(
            Name::from_static("grpc-test"),
            Reason::InjectedGrpc { code },
        )))
    };
    assert_eq!(code(5), Outcome::Success);
    assert_eq!(code(8), Outcome::RateLimited { retry_after: None });
    assert_eq!(code(14), Outcome::Failure);
}

#[test]
fn a_code_is_read_back_from_its_text_in_trailers_as_in_headers() {
    let mut trailers = HeaderMap::new();
    assert_eq!(Code::read(&trailers), None);
    for number in 0..17 {
        trailers.insert("grpc-status", number.into());
        let code = Code::read(&trailers).expect("named");
        assert_eq!((code as u32, code.as_str()), (number, &*number.to_string()));
    }
    for text in ["17", "", "1 ", "OK", "\u{ff}"] {
        trailers.insert("grpc-status", http::HeaderValue::from_bytes(text.as_bytes()).unwrap());
        assert_eq!(Code::read(&trailers), Some(Code::Unknown), "{text:?}");
    }
}
