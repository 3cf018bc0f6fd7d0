use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::advance;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{
    EnvFlags, FileFlags, FlagError, FlagSet, FlagSource, Flags, StaticFlags, document::Document,
};
use crate::{
    error::BoxError,
    fault::{Fault, FaultLayer, FaultPlan, FaultSwitch},
    name::Name,
    operator::{find, policies},
    wire::{Command, Flag, FlagState, FlagStatus},
};

/// A switch in a layer called `name`. Tests run beside each other, so each has a name of its own.
fn switch(name: &'static str) -> FaultSwitch {
    let switch = FaultSwitch::new();
    let _ = FaultLayer::new(Name::from_static(name), switch.clone());
    switch
}

fn slow(policy: &str, delay: &str) -> Value {
    json!({ "policy": policy, "plan": {
        "fault": { "latency": { "delay": delay } }, "rate": 1, "expires_in": "30s" } })
}

fn off(mut flag: Value) -> Value {
    flag["enabled"] = false.into();
    flag
}

fn set(flags: Value) -> FlagSet {
    serde_json::from_value(flags).unwrap()
}

fn flag(flag: Value) -> Flag {
    serde_json::from_value(flag).unwrap()
}

/// How the flag `name` of the source `source` stands.
fn state(flags: &Flags, source: &str, name: &str) -> FlagState {
    let all = flags.states().flags.into_iter();
    let mut its = all.filter(|flag| flag.name == name && flag.source == source);
    its.next().expect("it is listed")
}

fn status(flags: &Flags, name: &str) -> FlagStatus {
    state(flags, "test", name).status
}

fn is_armed(switch: &FaultSwitch) -> bool {
    switch.status().armed.is_some()
}

#[tokio::test(start_paused = true)]
async fn a_flag_arms_when_it_goes_on_and_disarms_when_it_goes_off_or_away() {
    let (switch, flags) = (switch("flags-on-off"), Flags::new());
    let on = slow("flags-on-off", "1s");
    flags.put("test", set(json!({ "slow": off(on.clone()) })));
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (false, FlagStatus::Off));

    flags.put("test", set(json!({ "slow": on })));
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (true, FlagStatus::Armed));
    assert_eq!(state(&flags, "test", "slow").time_left, Duration::from_secs(30));

    flags.put("test", set(json!({ "slow": off(on.clone()) })));
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (false, FlagStatus::Off));

    flags.put("test", set(json!({ "slow": on })));
    flags.put("test", FlagSet::new());
    assert!(!is_armed(&switch));
    assert!(flags.states().flags.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_expired_flag_stays_ended_until_it_changes() {
    let (switch, flags) = (switch("flags-expiry"), Flags::new());
    let on = slow("flags-expiry", "1s");
    flags.put("test", set(json!({ "slow": on })));
    advance(Duration::from_secs(30)).await;
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (false, FlagStatus::Ended));
    flags.put("test", set(json!({ "slow": on, "other": slow("nobody", "1s") })));
    flags.refresh();
    assert!(!is_armed(&switch), "the flag itself says what it said");

    flags.put("test", set(json!({ "slow": slow("flags-expiry", "2s") })));
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (true, FlagStatus::Armed));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_flag_keeps_its_time_and_its_count() {
    let (switch, flags) = (FaultSwitch::new(), Flags::new());
    let layer = FaultLayer::new(Name::from_static("flags-same"), switch.clone());
    let slow = slow("flags-same", "1ms");
    flags.put("test", set(json!({ "slow": slow })));
    let fine = service_fn(async |()| Ok::<_, BoxError>(()));
    for _ in 0..3 {
        layer.layer(fine).oneshot(()).await.unwrap();
    }
    advance(Duration::from_secs(20)).await;
    let left = switch.status().time_left;
    flags.put("test", set(json!({ "slow": slow, "other": off(slow.clone()) })));
    assert_eq!((switch.status().time_left, state(&flags, "test", "slow").injected), (left, 3));
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_goes_off_releases_whom_its_spent_plan_keeps_from_being_ready() {
    let (switch, flags) = (FaultSwitch::new(), Flags::new());
    let layer = FaultLayer::new(Name::from_static("flags-held"), switch);
    let stall = json!({ "policy": "flags-held", "plan": {
        "fault": { "readiness_stall": {} }, "rate": 1, "max_injected": 1 } });
    flags.put("test", set(json!({ "held": stall })));
    let mut held = layer.layer(service_fn(async |()| Ok::<_, BoxError>(())));
    let mut ready = tokio_test::task::spawn(held.ready());
    assert!(ready.poll().is_pending());
    assert_eq!(status(&flags, "held"), FlagStatus::Ended, "it has hit all it may");
    flags.put("test", FlagSet::new());
    assert!(ready.is_woken() && ready.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_gone_is_not_remembered() {
    let flags = Flags::new();
    let first = switch("flags-gone");
    flags.put("test", set(json!({ "slow": slow("flags-gone", "1s") })));
    assert_eq!(status(&flags, "slow"), FlagStatus::Armed);
    drop(first);
    // Another test that looks at all policies at this moment keeps it alive.
    while status(&flags, "slow") != FlagStatus::NoPolicy {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_has_the_rank_of_its_following_and_not_of_its_first_answer() {
    let (switch, flags) = (switch("flags-rank"), Flags::new());
    let slow = |delay| set(json!({ "slow": slow("flags-rank", delay) }));
    let first = flags.clone().follow(StaticFlags::new("first", slow("1s")), Duration::from_secs(1));
    flags.put("second", slow("2s"));
    let delay = |switch: &FaultSwitch| match switch.status().armed.map(|plan| plan.fault().clone())
    {
        Some(Fault::Latency { delay }) => delay.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(delay(&switch), 2);
    let _ = tokio::time::timeout(Duration::from_millis(1), first).await;
    assert_eq!(delay(&switch), 1, "it answered later, and has the higher rank");
}

#[tokio::test(start_paused = true)]
async fn where_two_flags_are_for_a_layer_that_is_made_later_the_operators_counts() {
    let flags = Flags::new();
    flags.put("test", set(json!({ "b": slow("flags-both", "1s") })));
    flags.set("a", flag(slow("flags-both", "2s")), "ann").unwrap();
    let switch = switch("flags-both");
    flags.refresh();
    let armed = switch.status().armed.map(|plan| plan.fault().clone());
    assert_eq!(armed, Some(Fault::Latency { delay: Duration::from_secs(2) }));
}

#[tokio::test(start_paused = true)]
async fn a_flag_disarms_its_own_plan_and_no_other() {
    let (switch, flags) = (switch("flags-own"), Flags::new());
    flags.put("test", set(json!({ "slow": slow("flags-own", "1s") })));
    let by_hand = json!({ "fault": { "abort": {} }, "rate": 1, "expires_in": "10s" });
    let by_hand: FaultPlan =
        FaultPlan::try_from(serde_json::from_value::<crate::wire::ArmFault>(by_hand).unwrap())
            .unwrap();
    switch.arm(by_hand);
    assert_eq!(status(&flags, "slow"), FlagStatus::Ended, "another was armed in its place");
    flags.put("test", FlagSet::new());
    assert!(is_armed(&switch), "what was armed by hand stays");
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_made_later_is_armed_for_the_time_that_is_left() {
    let flags = Flags::new();
    flags.put("test", set(json!({ "slow": slow("flags-later", "1s") })));
    assert_eq!(status(&flags, "slow"), FlagStatus::NoPolicy);
    advance(Duration::from_secs(12)).await;
    let first = switch("flags-later");
    assert_eq!(status(&flags, "slow"), FlagStatus::Armed);
    assert_eq!(first.status().time_left, Duration::from_secs(18));
    first.disarm();
    flags.refresh();
    assert!(!is_armed(&first), "disarmed by hand, it stays so");

    advance(Duration::from_secs(18)).await;
    let second = switch("flags-later");
    flags.refresh();
    assert!(!is_armed(&second), "the flag has ended");
}

#[tokio::test(start_paused = true)]
async fn an_operator_overrules_a_source_until_that_is_taken_back() {
    let (switch, flags) = (switch("flags-ranks"), Flags::new());
    let on = slow("flags-ranks", "1s");
    flags.put("test", set(json!({ "slow": on })));
    flags.set("slow", flag(off(on.clone())), "ann").unwrap();
    assert!(!is_armed(&switch));
    assert_eq!(status(&flags, "slow"), FlagStatus::Overruled);
    assert_eq!(state(&flags, "admin", "slow").status, FlagStatus::Off);
    flags.put("test", set(json!({ "slow": slow("flags-ranks", "3s") })));
    assert!(!is_armed(&switch), "whatever the source says meanwhile");

    assert!(flags.clear("slow", "ann"));
    assert!(!flags.clear("slow", "ann"), "it is taken back already");
    assert!(is_armed(&switch));
}

#[tokio::test(start_paused = true)]
async fn of_two_sources_the_first_counts() {
    let (switch, flags) = (switch("flags-two"), Flags::new());
    flags.put("test", set(json!({ "slow": slow("flags-two", "1s") })));
    flags.put("later", set(json!({ "slow": off(slow("flags-two", "1s")) })));
    assert!(is_armed(&switch));
    assert_eq!(state(&flags, "later", "slow").status, FlagStatus::Overruled);
    flags.put("test", FlagSet::new());
    assert!(!is_armed(&switch));
    let sources = flags.states().sources;
    let names: Vec<_> = sources.iter().map(|source| &*source.source).collect();
    assert_eq!(names, ["admin", "test", "later"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_flag_has_done_is_an_event_with_its_name_and_whence() {
    let _alone = crate::event::log::ALONE.acquire().await.unwrap();
    crate::operator::events_after(0, 0);
    let (_switch, flags) = (switch("flags-told"), Flags::new());
    flags.set("slow", flag(slow("flags-told", "1s")), "ann").unwrap();
    flags.clear("slow", "bob");
    let events = crate::operator::events_after(0, 1_024).events;
    let ours = events.iter().filter(|event| event.policy == "flags-told");
    let told = ours.filter_map(|event| match &event.happened {
        crate::wire::HappenedState::Commanded { command, by, .. } => Some((&**command, &**by)),
        _ => None,
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("arm", "flag slow of ann"), ("disarm", "flag slow of bob")]
    );
}

#[test]
fn all_mistakes_of_a_set_are_told_at_once_and_none_of_it_counts() {
    let error = FlagSet::from_json(
        r#"{
            "1st": { "policy": "p", "plan": { "fault": { "abort": {} }, "rate": 1 } },
            "a": { "policy": "users api", "plan": { "fault": { "abort": {} }, "rate": 2 } },
            "b": { "policy": "q", "plan": { "fault": { "error": { "status": 200 } }, "rate": 1,
                                            "expires_in": "25h" } },
            "c": { "policy": "q", "plan": { "fault": { "melt": {} }, "rate": 1 } },
            "d": { "policy": "r", "plan": { "fault": { "abort": {} }, "rate": 1 } },
            "e": { "policy": "r", "plan": { "fault": { "stall": {} }, "rate": 1 } }
        }"#,
    );
    let error = error.unwrap_err();
    let told: Vec<_> = error.mistakes().collect();
    let expected = [
        "1st: name is \"1st\", but must be 1 to 64",
        "a: policy: name is \"users api\", but must be 1 to 64",
        "a: rate is 2, but must be 0 to 1",
        "b: expires_in is 25h, but must be 1s to 24h",
        "b: status is 200, but must be 400 to 599",
        "c: unknown variant `melt`",
        "e: policy is r, but d is on for it, and a fault layer has one fault at a time",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn a_name_that_a_document_gives_twice_is_a_mistake_wherever_it_is() {
    let error = FlagSet::from_json(
        r#"{
            "a": { "policy": "p", "plan": { "fault": { "abort": {} }, "rate": 0.1, "rate": 1 } },
            "b": { "policy": "q", "plan": { "fault": { "stall": {} }, "rate": 1 } },
            "b": { "policy": "q", "enabled": false,
                   "plan": { "fault": { "stall": {} }, "rate": 7 } },
            "c": { "policy": "r", "policy": "r", "plan": { "fault": { "abort": {} }, "rate": 1 } }
        }"#,
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "a: rate is given twice; b: is given twice; c: policy is given twice"
    );
}

#[test]
fn sixty_four_flags_are_read_and_one_more_is_refused() {
    let many = |flags: usize| {
        let flags = (0..flags).map(|at| (format!("f{at}"), off(slow("p", "1s"))));
        FlagSet::from_json(&Value::Object(flags.collect()).to_string())
    };
    assert_eq!(many(64).unwrap().iter().count(), 64);
    assert_eq!(many(65).unwrap_err().to_string(), "flags are 65, but must be at most 64");
}

#[test]
fn of_a_document_with_too_many_flags_no_more_are_kept_than_a_set_may_have() {
    let flags = (0..1_000).map(|at| format!("\"f{at}\": {at}"));
    let text = format!("{{ {}, \"f0\": 0 }}", flags.collect::<Vec<_>>().join(", "));
    let document: Document = serde_json::from_str(&text).unwrap();
    assert_eq!((document.flags.len(), document.beyond), (64, 936));
    assert_eq!(document.twice, ["f0: is given twice"], "a name that is kept is known");
    let told = FlagSet::from_json(&text).unwrap_err();
    let told: Vec<_> = told.mistakes().collect();
    assert_eq!(told.len(), 66, "of each that is kept, and these two");
    assert!(told.contains(&"flags are 1000, but must be at most 64"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_is_wrong_is_refused_and_what_was_set_stays() {
    let (switch, flags) = (switch("flags-wrong"), Flags::new());
    flags.set("slow", flag(slow("flags-wrong", "1s")), "ann").unwrap();
    let error = flags.set("slow", flag(slow("flags-wrong", "2h")), "ann").unwrap_err();
    assert_eq!(error.to_string(), "slow: delay is 2h, but must be 0ns to 1h");
    assert!(is_armed(&switch));
}

/// A source that plays what it was given, and the last of it for ever.
struct Script(Vec<Result<FlagSet, FlagError>>);

impl FlagSource for Script {
    fn name(&self) -> &'static str {
        "test"
    }

    async fn flags(&mut self) -> Result<FlagSet, FlagError> {
        if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_again_and_a_mistake_of_its_changes_nothing() {
    let (switch, flags) = (switch("flags-follow"), Flags::new());
    let script = Script(vec![
        Ok(FlagSet::new()),
        Ok(set(json!({ "slow": slow("flags-follow", "1s") }))),
        Err(FlagError::new("it cannot be read")),
        Ok(FlagSet::new()),
    ]);
    let mut follow = Box::pin(flags.clone().follow(script, Duration::from_secs(1)));
    let mut seen = Vec::new();
    for _ in 0..4 {
        // Half-way between two looks.
        let _ = tokio::time::timeout(Duration::from_millis(500), &mut follow).await;
        let mistake = flags.states().sources.pop().unwrap().mistake;
        seen.push((is_armed(&switch), mistake));
        let _ = tokio::time::timeout(Duration::from_millis(500), &mut follow).await;
    }
    let mistake = Some("it cannot be read".to_owned());
    assert_eq!(seen, [(false, None), (true, None), (true, mistake), (false, None)]);
}

#[tokio::test]
async fn a_file_counts_as_it_is_at_each_look() {
    let path = std::env::temp_dir().join(format!("flags-{}.json", std::process::id()));
    let mut source = FileFlags::json(&path);
    let missing = source.flags().await.unwrap_err().to_string();
    assert!(missing.starts_with("it cannot be read: "), "{missing}");

    let text = json!({ "slow": slow("p", "1s") }).to_string();
    std::fs::write(&path, &text).unwrap();
    assert_eq!(source.flags().await.unwrap().iter().count(), 1);
    std::fs::write(&path, &text[..20]).unwrap();
    assert!(source.flags().await.unwrap_err().to_string().contains("EOF"));
    std::fs::write(&path, " ".repeat(65_537)).unwrap();
    assert_eq!(source.flags().await.unwrap_err().to_string(), "it has more than 65536 bytes");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_variable_that_is_not_set_has_no_flags() {
    let mut source = EnvFlags::new("RESILIENCE_TEST_NO_SUCH_VARIABLE");
    assert_eq!(source.name(), "variable RESILIENCE_TEST_NO_SUCH_VARIABLE");
    assert_eq!(source.flags().await, Ok(FlagSet::new()));
    // What the build tool sets is a text and no object of flags.
    let mut source = EnvFlags::new("CARGO_PKG_NAME");
    let error = source.flags().await.unwrap_err().to_string();
    assert!(error.starts_with("expected"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_command_by_hand_ends_a_flag() {
    let (switch, flags) = (switch("flags-hand"), Flags::new());
    flags.put("test", set(json!({ "slow": slow("flags-hand", "1s") })));
    let listed = policies().into_iter().find(|listed| listed.name().as_str() == "flags-hand");
    let listed = find(listed.unwrap().id()).unwrap();
    listed.apply(Command::Disarm {}, "ann").unwrap();
    assert_eq!((is_armed(&switch), status(&flags, "slow")), (false, FlagStatus::Ended));
}
