//! What one side writes of time and class, and the other reads.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{InboundHeaders, OutboundHeaders, TimeoutHeader};
use crate::criticality::Criticality;

const CLASS: &str = "x-request-criticality";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().expect("fit for a header"));
    }
    headers
}

fn grpc(value: &str) -> Option<Duration> {
    TimeoutHeader::Grpc.read(&headers(&[("grpc-timeout", value)]))
}

#[test]
fn a_grpc_timeout_is_one_to_eight_digits_and_a_unit() {
    for (text, time) in [
        ("1H", Duration::from_hours(1)),
        ("2M", Duration::from_mins(2)),
        ("3S", Duration::from_secs(3)),
        ("4m", Duration::from_millis(4)),
        ("5u", Duration::from_micros(5)),
        ("6n", Duration::from_nanos(6)),
        ("0n", Duration::ZERO),
        ("00000007S", Duration::from_secs(7)),
        ("99999999H", Duration::from_hours(99_999_999)),
    ] {
        assert_eq!(grpc(text), Some(time), "{text}");
    }
    for text in [
        "",
        "S",
        "1",
        "10",
        "123456789n",
        "000000001S",
        "1s",
        "1h",
        "1 S",
        " 1S",
        "1S ",
        "+1S",
        "-1S",
        "1.5S",
        "1e3m",
        "1ms",
        "0x1S",
        "\u{661}S",
    ] {
        assert_eq!(grpc(text), None, "{text:?}");
    }
}

#[test]
fn milliseconds_are_digits_and_nothing_else_and_as_many_as_there_are() {
    for header in [TimeoutHeader::Millis, TimeoutHeader::Envoy] {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header.name(), text.parse().expect("fit for a header"));
            header.read(&headers)
        };
        assert_eq!(read("1"), Some(Duration::from_millis(1)));
        assert_eq!(read("0250"), Some(Duration::from_millis(250)));
        let longest = Some(Duration::from_millis(u64::MAX));
        assert_eq!(read("18446744073709551616"), longest, "more than fits");
        assert_eq!(read(&"9".repeat(500)), longest);
        assert_eq!(read(&format!("1{}", "0".repeat(30))), longest);
        for text in ["", "-1", "+1", "1.5", "1 ", " 1", "1ms", "1,2", "ten"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}

#[test]
fn zero_is_no_time_at_all_and_for_envoy_no_limit() {
    assert_eq!(grpc("0S"), Some(Duration::ZERO));
    let millis = headers(&[("x-request-timeout-ms", "0")]);
    assert_eq!(TimeoutHeader::Millis.read(&millis), Some(Duration::ZERO));
    let envoy = headers(&[("x-envoy-expected-rq-timeout-ms", "0")]);
    assert_eq!(TimeoutHeader::Envoy.read(&envoy), None);
}

#[test]
fn a_value_that_is_no_text_is_malformed() {
    let mut headers = HeaderMap::new();
    for header in TimeoutHeader::ALL {
        headers.insert(header.name(), HeaderValue::from_bytes(b"\xff1S").expect("opaque"));
    }
    headers.insert(CLASS, HeaderValue::from_bytes(b"\xff").expect("opaque"));
    let inbound = InboundHeaders::default();
    assert_eq!((inbound.time_left(&headers), inbound.criticality(&headers)), (None, None));
}

#[test]
fn of_several_headers_the_shortest_counts_and_a_malformed_one_does_not() {
    let read = |pairs: &[_]| InboundHeaders::default().time_left(&headers(pairs));
    let (grpc, millis) = ("grpc-timeout", "x-request-timeout-ms");
    let envoy = "x-envoy-expected-rq-timeout-ms";
    let shortest = Some(Duration::from_millis(300));
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[(grpc, "300m"), (millis, "400"), (envoy, "500")]), shortest);
    assert_eq!(read(&[(grpc, "1S"), (millis, "300"), (envoy, "500")]), shortest);
    assert_eq!(read(&[(grpc, "1S"), (millis, "400"), (envoy, "300")]), shortest);
    assert_eq!(read(&[(grpc, "soon"), (millis, "300"), (envoy, "-1")]), shortest);
    assert_eq!(read(&[(grpc, "1S"), (grpc, "300m"), (grpc, "2S"), (grpc, "?")]), shortest);
}

#[test]
fn only_the_headers_that_are_named_are_read() {
    let all = [
        ("grpc-timeout", "1m"),
        ("x-request-timeout-ms", "2"),
        ("x-envoy-expected-rq-timeout-ms", "3"),
    ];
    let read = |named: &[TimeoutHeader]| {
        InboundHeaders::default().timeouts(named.iter().copied()).time_left(&headers(&all))
    };
    let millis = |millis| Some(Duration::from_millis(millis));
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[TimeoutHeader::Grpc]), millis(1));
    assert_eq!(read(&[TimeoutHeader::Millis]), millis(2));
    assert_eq!(read(&[TimeoutHeader::Envoy]), millis(3));
    assert_eq!(read(&[TimeoutHeader::Envoy, TimeoutHeader::Millis]), millis(2));
}

fn written(time: Duration) -> String {
    let mut headers = HeaderMap::new();
    TimeoutHeader::Grpc.write(time, &mut headers);
    headers["grpc-timeout"].to_str().expect("text").to_owned()
}

#[test]
fn a_grpc_timeout_is_written_in_the_finest_unit_that_fits() {
    for (time, text) in [
        (Duration::ZERO, "0n"),
        (Duration::from_nanos(7), "7n"),
        (Duration::from_nanos(99_999_999), "99999999n"),
        (Duration::from_nanos(100_000_999), "100000u"),
        (Duration::from_millis(250), "250000u"),
        (Duration::from_secs(99), "99000000u"),
        (Duration::from_secs(100), "100000m"),
        (Duration::from_secs(100_000), "100000S"),
        (Duration::from_secs(100_000_059), "1666667M"),
        (Duration::from_mins(100_000_059), "1666667H"),
        (Duration::MAX, "99999999H"),
    ] {
        assert_eq!(written(time), text, "{time:?}");
    }
}

#[test]
fn milliseconds_are_rounded_down_and_never_more_than_fit() {
    let mut headers = HeaderMap::new();
    TimeoutHeader::Millis.write(Duration::MAX, &mut headers);
    assert_eq!(headers["x-request-timeout-ms"], "18446744073709551615");
    TimeoutHeader::Millis.write(Duration::from_micros(2_999), &mut headers);
    assert_eq!(headers["x-request-timeout-ms"], "2");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_as_no_more_and_hardly_less(
        secs in 0..(1_u64 << 38),
        nanos in 0..1_000_000_000_u32,
        shift in 0..68_u32,
    ) {
        let nanos = Duration::new(secs, nanos).as_nanos() >> shift;
        let time = Duration::from_nanos_u128(nanos);
        let text = written(time);
        prop_assert!(text.len() <= 9, "{}", text);
        let read = grpc(&text).expect("well formed");
        prop_assert!(read <= time, "{}", text);
        // Eight digits that are used to the full, but for the steps of 60 between some units.
        prop_assert!(time.checked_sub(read).unwrap() <= time / 100_000, "{}", text);
    }
}

#[test]
fn a_shorter_time_that_is_asked_for_stays_and_any_other_is_replaced() {
    let time = Duration::from_millis(500);
    for (asked, then) in [
        (&["200"][..], "200"),
        (&["500"], "500"),
        (&["501"], "500"),
        (&["soon"], "500"),
        (&["900", "800"], "500"),
    ] {
        let pairs: Vec<_> = asked.iter().map(|value| ("x-request-timeout-ms", *value)).collect();
        let mut headers = headers(&pairs);
        OutboundHeaders::default().set_time_left(time, &mut headers);
        assert_eq!(headers["x-request-timeout-ms"], then, "{asked:?}");
        assert_eq!(headers.len(), 1, "{asked:?}");
    }
}

#[test]
fn a_class_is_believed_up_to_a_limit_and_the_least_of_several() {
    let all = InboundHeaders::default();
    let limited = all.criticality_at_most(Criticality::SheddablePlus);
    for (named, read, at_most) in [
        (&[][..], None, None),
        (&["urgent"], None, None),
        (&["critical_plus"], Some(Criticality::CriticalPlus), Some(Criticality::SheddablePlus)),
        (&["sheddable"], Some(Criticality::Sheddable), Some(Criticality::Sheddable)),
        (
            &["critical", "urgent", "sheddable"],
            Some(Criticality::Sheddable),
            Some(Criticality::Sheddable),
        ),
    ] {
        let pairs: Vec<_> = named.iter().map(|value| (CLASS, *value)).collect();
        let headers = headers(&pairs);
        assert_eq!(all.criticality(&headers), read, "{named:?}");
        assert_eq!(limited.criticality(&headers), at_most, "{named:?}");
        assert_eq!(all.without_criticality().criticality(&headers), None, "{named:?}");
    }
}

#[test]
fn the_default_class_is_written_only_in_the_place_of_another() {
    let outbound = OutboundHeaders::default();
    let mut written = HeaderMap::new();
    outbound.set_criticality(Criticality::Critical, &mut written);
    assert!(written.is_empty());
    outbound.set_criticality(Criticality::Sheddable, &mut written);
    assert_eq!(written[CLASS], "sheddable");
    outbound.set_criticality(Criticality::Critical, &mut written);
    assert_eq!(written[CLASS], "critical", "a class that was raised or lowered is no other's");
    outbound.without_criticality().set_criticality(Criticality::CriticalPlus, &mut written);
    assert_eq!(written[CLASS], "critical");
}

#[test]
fn a_time_that_is_written_is_never_read_as_none() {
    for header in [TimeoutHeader::Grpc, TimeoutHeader::Millis, TimeoutHeader::Envoy] {
        for nanos in [0, 1, 500_000, 999_999, 1_000_000, 7_999_999] {
            let mut headers = HeaderMap::new();
            header.write(Duration::from_nanos(nanos), &mut headers);
            let most = Duration::from_nanos(nanos).max(Duration::from_millis(1));
            assert!(header.read(&headers) <= Some(most), "{header:?} {nanos}");
            assert!(header.read(&headers).is_some(), "{header:?} {nanos}");
        }
    }
}
