//! More keys than places.

use super::{
    super::{
        KeyedCircuitBreakerHandle,
        breakers::{Breakers, KeyListener},
    },
    *,
};

/// For how long nobody looks for a place after all keys were looked at in vain.
const PAUSE: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_million_distinct_keys_stay_within_the_cap() {
    const CAP: usize = 100;
    // A thread keeps some that have left until it frees them together.
    const LEFT: usize = 64;
    // Without a window, which is most of what it takes to make one.
    let breaker = breaker().no_failure_rate().build().unwrap();
    let config = Config::builder(breaker).max_keys(CAP).build().unwrap();
    let breakers = Breakers::unlisted(Name::from_static("keyed-million"), config);
    let listener: KeyListener = Arc::new(|_, _| {});
    breakers.listen(Arc::clone(&listener));
    // Each breaker that is alive has one, and so have the overflow, the whole and this test.
    let living = || Arc::strong_count(&listener) - 3;
    let handle = KeyedCircuitBreakerHandle::new(breakers);
    for key in 0..1_000_000 {
        handle.breaker(key);
        if key % 1_000 == 0 {
            assert!(handle.len() <= CAP);
            assert!(living() <= CAP + LEFT, "{} live", living());
        }
    }
    assert_eq!(handle.len(), CAP);
    let counts = handle.key_counts();
    assert_eq!((counts.made, counts.overflowed), (1_000_000, 0));
    assert_eq!(counts.evicted, counts.made - CAP as u64);
}

#[tokio::test(start_paused = true)]
async fn keys_in_use_outlast_any_number_of_keys_seen_once() {
    let layer = layer("keyed-hot", 100);
    let service = layer.layer(Script);
    call(&service, "hot", Say::Fail).unwrap_err();
    for key in 0..1_000 {
        call(&service, key, Say::Ok).unwrap();
        call(&service, "hot", Say::Ok).unwrap();
    }
    let hot = layer.handle().get("hot").unwrap().snapshot();
    assert_eq!((hot.counts.total, hot.counts.failed), (1_001, 1), "it was never forgotten");
}

#[tokio::test(start_paused = true)]
async fn when_all_keys_were_used_the_one_that_waits_longest_makes_room() {
    let layer = layer("keyed-all-used", 3);
    let service = layer.layer(Script);
    for key in ["a", "b", "c", "b", "a", "c"] {
        call(&service, key, Say::Ok).unwrap();
    }
    call(&service, "d", Say::Ok).unwrap();
    assert_eq!(keys(&layer), ["b", "c", "d"]);
    assert_eq!(layer.handle().key_counts().overflowed, 0);
}

#[tokio::test(start_paused = true)]
async fn one_new_key_has_no_more_than_sixty_four_others_looked_at() {
    let layer = layer("keyed-steps", 129);
    let handle = layer.handle();
    for key in (0..129).chain(0..129) {
        handle.breaker(key);
    }
    // All were used. Two new keys have 64 of them lose their marks, and the third finds the first.
    for key in 1_000..1_003 {
        handle.breaker(key);
    }
    assert_eq!(handle.key_counts().overflowed, 2);
    assert!(handle.get(1_001).is_none());
    assert!(handle.get(1_002).is_some());
}

#[tokio::test(start_paused = true)]
async fn an_open_key_keeps_its_place_and_a_closed_one_makes_room() {
    let layer = layer("keyed-sweep", 4);
    let service = layer.layer(Script);
    call(&service, "closed", Say::Ok).unwrap();
    open(&service, "open");
    open(&service, "half-open");
    layer.handle().get("half-open").unwrap().half_open().unwrap();
    layer.handle().breaker("forced").force_open();
    for key in 0..100 {
        call(&service, key, Say::Ok).unwrap();
    }
    assert_eq!(keys(&layer), ["99", "forced", "half-open", "open"]);
    assert_eq!(refusal(call(&service, "open", Say::Ok)), Some(Reason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn without_room_calls_share_one_breaker_and_are_not_refused_for_it() {
    let layer = layer("keyed-overflow", 2);
    let service = layer.layer(Script);
    open(&service, "a");
    open(&service, "b");
    call(&service, "c", Say::Ok).unwrap();
    call(&service, "d", Say::Fail).unwrap_err();
    let handle = layer.handle();
    assert_eq!((handle.len(), handle.overflow().snapshot().counts.total), (2, 2));
    assert_eq!(handle.key_counts().overflowed, 2);
    call(&service, "e", Say::Fail).unwrap_err();
    assert_eq!(refusal(call(&service, "f", Say::Ok)), Some(Reason::CircuitOpen), "it is a breaker");

    handle.get("b").unwrap().close();
    advance(PAUSE).await;
    call(&service, "g", Say::Ok).unwrap();
    assert_eq!(keys(&layer), ["a", "g"]);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_too_long_is_not_kept() {
    let layer = layer("keyed-long", 10);
    let service = layer.layer(Script);
    call(&service, &*"x".repeat(259), Say::Ok).unwrap();
    call(&service, &*"x".repeat(260), Say::Ok).unwrap();
    let handle = layer.handle();
    assert_eq!((handle.len(), handle.key_counts().too_long), (1, 1));
    assert_eq!(handle.overflow().snapshot().counts.total, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_keeps_the_place_of_its_key() {
    let layer = layer("keyed-in-flight", 1);
    let service = layer.layer(Script);
    let mut flying = begin(&service, "a", Say::Ok);
    for _ in 0..3 {
        call(&service, "b", Say::Ok).unwrap();
    }
    assert_eq!(keys(&layer), ["a"]);
    assert_ready_ok!(flying.poll());
    advance(PAUSE).await;
    for _ in 0..2 {
        call(&service, "b", Say::Ok).unwrap();
    }
    assert_eq!(keys(&layer), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_handle_keeps_the_place_of_its_key() {
    let layer = layer("keyed-handle", 1);
    let held = layer.handle().breaker("a");
    for _ in 0..3 {
        layer.handle().breaker("b");
    }
    held.force_open();
    drop(held);
    let refused = layer.handle().breaker("a").try_acquire();
    assert_eq!(refused.unwrap_err().reason(), Reason::CircuitOpen, "the key has the same breaker");
}

#[tokio::test(start_paused = true)]
async fn a_call_through_a_breaker_that_has_left_ends_well() {
    let breakers = Breakers::new(Name::from_static("keyed-left"), config(1));
    let handle = KeyedCircuitBreakerHandle::new(Arc::clone(&breakers));
    handle.breaker("a");
    // As a call has it that finds the key at the moment in which it leaves.
    let left = breakers.members(|_| true);
    for key in ["b", "c"] {
        handle.breaker(key);
    }
    assert!(handle.get("a").is_none());
    assert!(!left[0].touch(), "who finds it nevertheless looks for another");
    let breaker = circuit_breaker::CircuitBreakerHandle::new(left[0].value.clone());
    drop(left);
    let mut call = task::spawn(breaker.call(async { Ok::<_, BoxError>(1) }));
    drop(breaker);
    assert_eq!(assert_ready_ok!(call.poll()), 1);
    assert_eq!(handle.calls().succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn in_shadow_mode_keys_make_room_as_well() {
    let shadow = breaker().initial_state(State::MetricsOnly).build().unwrap();
    let config = Config::builder(shadow).max_keys(1).build().unwrap();
    let layer = KeyedCircuitBreakerLayer::new(Name::from_static("keyed-shadow"), config, ByKey);
    for key in 0..10 {
        layer.handle().breaker(key);
    }
    assert_eq!(keys(&layer), ["9"]);
    layer.handle().get(9).unwrap().close();
    layer.handle().breaker(10);
    assert_eq!(keys(&layer), ["9"], "it was moved by hand");
}
