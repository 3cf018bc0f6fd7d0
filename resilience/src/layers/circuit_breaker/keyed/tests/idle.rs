//! Keys that nobody uses.

use super::*;

const TICK: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_key_leaves_when_it_was_not_used_for_as_long_as_is_idle_and_not_before() {
    let layer = layer("keyed-idle", 10);
    let service = layer.layer(Script);
    let handle = layer.handle();
    call(&service, "a", Say::Ok).unwrap();
    advance(IDLE_FOR.saturating_sub(TICK)).await;
    assert_eq!(handle.evict_idle(), 0);
    advance(TICK).await;
    assert_eq!(handle.evict_idle(), 1);
    assert!(handle.is_empty());
    assert_eq!(handle.key_counts().idle, 1);
}

#[tokio::test(start_paused = true)]
async fn a_use_has_the_time_counted_anew() {
    let layer = layer("keyed-used", 10);
    let service = layer.layer(Script);
    let handle = layer.handle();
    handle.breaker("a");
    for _ in 0..3 {
        call(&service, "a", Say::Ok).unwrap();
        advance(IDLE_FOR).await;
        assert_eq!(handle.evict_idle(), 0, "found used");
        advance(IDLE_FOR.saturating_sub(TICK)).await;
        assert_eq!(handle.evict_idle(), 0, "found unused, for a shorter time");
    }
    advance(TICK).await;
    assert_eq!(handle.evict_idle(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_a_key_is_no_use_of_it() {
    let layer = layer("keyed-looked-at", 10);
    let handle = layer.handle();
    handle.breaker("a");
    handle.evict_idle();
    advance(IDLE_FOR).await;
    assert_eq!(handle.get("a").unwrap().snapshot().state, State::Closed);
    assert_eq!(handle.snapshots(None, 10).len(), 1);
    assert_eq!(handle.evict_idle(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_keys_have_idle_ones_leave_though_there_is_room() {
    let layer = layer("keyed-pushed", 1_000);
    let service = layer.layer(Script);
    for key in 0..100 {
        call(&service, key, Say::Ok).unwrap();
    }
    advance(IDLE_FOR).await;
    for key in 100..200 {
        call(&service, key, Say::Ok).unwrap();
    }
    assert_eq!(layer.handle().len(), 100);
    assert!(keys(&layer).contains(&"199".to_owned()));
    assert!(!keys(&layer).contains(&"99".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_open_key_is_not_idle_before_its_wait_is_over() {
    let (idle_for, open_for) = (Duration::from_secs(1), Duration::from_secs(30));
    let breaker = breaker().open_for(open_for).build().unwrap();
    let config = Config::builder(breaker).idle_for(idle_for).build().unwrap();
    let layer = KeyedCircuitBreakerLayer::new(Name::from_static("keyed-dead"), config, ByKey);
    let service = layer.layer(Script);
    let handle = layer.handle();
    open(&service, "dead");
    handle.breaker("forced").force_open();
    handle.breaker("until-reset").open_for(Duration::MAX);
    handle.evict_idle();
    advance(open_for.saturating_sub(TICK)).await;
    assert_eq!(handle.evict_idle(), 0);
    advance(TICK).await;
    assert_eq!(handle.evict_idle(), 1);
    assert_eq!(keys(&layer), ["forced", "until-reset"]);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_key_leaves_when_it_is_idle_and_not_while_a_probe_runs() {
    let layer = layer("keyed-half-idle", 10);
    let service = layer.layer(Script);
    let handle = layer.handle();
    open(&service, "a");
    advance(OPEN_FOR).await;
    let probe = begin(&service, "a", Say::Hang);
    handle.evict_idle();
    advance(IDLE_FOR).await;
    assert_eq!(handle.evict_idle(), 0);
    drop(probe);
    assert_eq!(handle.evict_idle(), 0, "it was in use until a moment ago");
    advance(IDLE_FOR).await;
    assert_eq!(handle.evict_idle(), 1);
}
