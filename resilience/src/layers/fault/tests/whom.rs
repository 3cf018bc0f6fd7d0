//! Which requests a plan may hit.

use super::*;
use crate::fault::Whom;

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// Whether a plan for `whom` at `rate` hits `request`.
async fn is_hit(whom: &Whom, rate: f64, request: Request<()>) -> bool {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Abort, rate).only(whom.clone()).unwrap());
    let answer = |_: Request<()>| std::future::ready(Ok::<_, BoxError>(http::Response::new(())));
    FaultLayer::http(NAME, switch).layer(service_fn(answer)).oneshot(request).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn all_conditions_must_hold() {
    let whom =
        Whom::all().path_prefix("/users").method("get").header("X-Beta", Some("on".to_owned()));
    let good = || request("GET", "/users/7", &[("x-beta", "on")]);
    assert!(is_hit(&whom, 1.0, good()).await);
    for other in [
        request("POST", "/users/7", &[("x-beta", "on")]),
        request("GET", "/orders", &[("x-beta", "on")]),
        request("GET", "/users/7", &[("x-beta", "off")]),
        request("GET", "/users/7", &[]),
    ] {
        let shown = format!("{other:?}");
        assert!(!is_hit(&whom, 1.0, other).await, "{shown}");
    }
    let any_value = Whom::all().header("x-beta", None);
    assert!(is_hit(&any_value, 1.0, request("GET", "/", &[("x-beta", "off")])).await);
    assert!(!is_hit(&any_value, 1.0, request("GET", "/", &[])).await);
}

#[tokio::test(start_paused = true)]
async fn the_same_user_is_always_hit_or_never() {
    let whom = Whom::all().sticky_by("x-user", 5);
    let mut hit = Vec::new();
    for user in 0..200 {
        let user = format!("user-{user}");
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(is_hit(&whom, 0.3, request("GET", "/", &[("x-user", &user)])).await);
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{user}");
        hit.extend(answers[0].then_some(user));
    }
    assert!((40..80).contains(&hit.len()), "about 60: {}", hit.len());
    assert!(!is_hit(&whom, 1.0, request("GET", "/", &[])).await, "nobody knows who that is");
    // Who is hit at a small rate is hit at a larger one.
    for user in hit {
        assert!(is_hit(&whom, 0.6, request("GET", "/", &[("x-user", &user)])).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_knows_no_headers_hits_nothing_by_them() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::Abort, 1.0).only(Whom::all().header("x-beta", None)).unwrap());
    let answer = |_: Request<()>| std::future::ready(Ok::<_, BoxError>(()));
    let service = FaultLayer::new(NAME, switch).layer(service_fn(answer));
    service.oneshot(request("GET", "/", &[("x-beta", "1")])).await.unwrap();
}

#[test]
fn names_and_texts_that_no_request_has_are_refused() {
    for (whom, error) in [
        (
            Whom::all().header("x beta", None),
            "header.name is \"x beta\", but must be a header's name of up to 64 characters",
        ),
        (
            Whom::all().sticky_by("", 0),
            "sticky_by.header is \"\", but must be a header's name of up to 64 characters",
        ),
        (Whom::all().method("GE T"), "method is \"GE T\", but must be a method such as GET"),
        (
            Whom::all().path_prefix("users"),
            "path_prefix is \"users\", but must be the beginning of a path",
        ),
        (
            Whom::all().path_prefix("/".repeat(2_000)),
            "path_prefix is of 2000 bytes, but must be at most 1024",
        ),
    ] {
        assert_eq!(plan(Fault::Abort, 1.0).only(whom).unwrap_err().to_string(), error);
    }
}

#[test]
fn a_plan_tells_the_beginning_of_the_paths_that_it_hits() {
    let plan = FaultPlan::new(Fault::Abort, Ratio::ONE, Duration::from_secs(1)).unwrap();
    assert_eq!(plan.prefix(), None);
    assert_eq!(plan.path_prefix("/users").prefix(), Some("/users"));
}
