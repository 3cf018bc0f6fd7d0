//! What there is to see from outside.

use super::{super::KeyedCircuitBreakerHandle, super::breakers::Breakers, *};
use crate::{
    event::Event,
    registry::Instance,
    telemetry::{self, SampleKind},
    time,
};

#[tokio::test(start_paused = true)]
async fn pages_show_every_key_once_in_its_order() {
    let layer = layer("keyed-pages", 1_000);
    let handle = layer.handle();
    for key in (0..50).rev() {
        handle.breaker(key);
        handle.breaker(&*format!("k{key:02}"));
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = handle.snapshots(after.as_ref(), 7);
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        seen.extend(page.into_iter().map(|one| one.key));
    }
    let numbers = (0..50).map(Key::from);
    let texts = (0..50).map(|key| Key::from(&*format!("k{key:02}")));
    assert_eq!(seen, numbers.chain(texts).collect::<Vec<_>>());
    assert!(handle.snapshots(None, 0).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_tells_the_key_and_what_its_breaker_counted() {
    let layer = layer("keyed-snapshot", 10);
    let service = layer.layer(Script);
    open(&service, "a");
    advance(OPEN_FOR).await;
    let page = layer.handle().snapshots(None, 10);
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].key, Key::from("a"));
    assert_eq!(page[0].breaker, layer.handle().get("a").unwrap().snapshot());
    assert_eq!(page[0].breaker.state, State::HalfOpen, "as the next call would find it");
}

/// The keys of each state that has some. Not by `telemetry`, which would have those of tests with
/// other clocks leave.
fn gauges(breakers: &Breakers) -> Vec<(&'static str, f64)> {
    let mut shown = Vec::new();
    breakers.gauges(Name::from_static("look"), time::read(), &mut |gauge| {
        assert_eq!(gauge.metric, "resilience_keyed_circuit_breakers");
        shown.push((gauge.label.unwrap().1, gauge.value));
    });
    assert_eq!(shown.len(), State::ALL.len());
    shown.into_iter().filter(|(_, keys)| *keys > 0.0).collect()
}

#[tokio::test(start_paused = true)]
async fn the_gauges_count_the_keys_of_each_state_and_have_idle_ones_leave() {
    let breakers = Breakers::new(Name::from_static("keyed-gauges"), config(10));
    let handle = KeyedCircuitBreakerHandle::new(Arc::clone(&breakers));
    for _ in 0..2 {
        handle.breaker("open").try_acquire().unwrap().failed();
    }
    for key in 0..3 {
        handle.breaker(key);
    }
    handle.breaker("by hand").disable();
    assert_eq!(gauges(&breakers), [("closed", 3.0), ("open", 1.0), ("disabled", 1.0)]);
    advance(OPEN_FOR).await;
    assert_eq!(gauges(&breakers), [("closed", 3.0), ("half_open", 1.0), ("disabled", 1.0)]);
    advance(IDLE_FOR).await;
    assert_eq!(gauges(&breakers), [("disabled", 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn all_keys_together_have_one_row_of_gauges_and_live_no_longer_than_their_layer() {
    let name = Name::from_static("keyed-listed");
    let layer = KeyedCircuitBreakerLayer::new(name, config(10), ByKey);
    for key in 0..5 {
        layer.handle().breaker(key);
    }
    let shown = || {
        let all = telemetry::samples().into_iter();
        let own = all.filter(|sample| sample.policy.as_str() == "keyed-listed");
        own.filter(|sample| sample.kind == SampleKind::Gauge).count()
    };
    assert_eq!(shown(), State::ALL.len());
    drop(layer);
    // Another test that looks at all policies at this moment keeps them alive.
    while shown() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_told_the_key_of_old_and_new_ones_and_none_for_the_shared_breaker() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&heard);
    let layer = layer("keyed-heard", 2);
    layer.handle().breaker("old");
    let layer = layer.on_event(move |key, event| {
        if let Event::StateChanged { to, .. } = event {
            let key = key.map_or_else(|| "none".to_owned(), Key::to_string);
            sink.lock().unwrap().push(format!("{key} {}", to.as_str()));
        }
    });
    let service = layer.layer(Script);
    open(&service, "old");
    open(&service, 7);
    for _ in 0..2 {
        call(&service, "too many", Say::Fail).unwrap_err();
    }
    assert_eq!(*heard.lock().unwrap(), ["old open", "7 open", "none open"]);
}

#[tokio::test(start_paused = true)]
async fn a_listener_may_use_the_breakers() {
    let slot: Arc<Mutex<Option<Breaker>>> = Arc::default();
    let own = Arc::clone(&slot);
    let layer = layer("keyed-reentrant", 10).on_event(move |_, _| {
        let service = own.lock().unwrap().clone();
        if let Some(service) = service {
            call(&service, "another", Say::Ok).unwrap();
        }
    });
    let service = layer.layer(Script);
    *slot.lock().unwrap() = Some(service.clone());
    open(&service, "a");
    assert_eq!(keys(&layer), ["a", "another"]);
    slot.lock().unwrap().take();
}

#[tokio::test(start_paused = true)]
async fn all_keys_draw_their_jitter_from_one_source() {
    let config = breaker().open_jitter(Ratio::percent(20)).build().unwrap();
    let name = Name::from_static("keyed-rng");
    let layer =
        KeyedCircuitBreakerLayer::new(name, config, ByKey).rng(crate::rng::Rng::from_fn(|| 0.0));
    let service = layer.layer(Script);
    open(&service, "a");
    open(&service, "b");
    let waits: Vec<_> =
        layer.handle().snapshots(None, 10).iter().map(|one| one.breaker.time_left).collect();
    assert_eq!(waits[0], waits[1]);
    assert_ne!(waits[0], Some(OPEN_FOR));
}

#[test]
fn settings_that_are_out_of_range_are_told_together() {
    let breaker = circuit_breaker::Config::default();
    let builder = Config::builder(breaker).max_keys(1_000_001).idle_for(Duration::from_millis(999));
    assert_eq!(
        builder.build().unwrap_err().to_string(),
        "max_keys is 1000001, but must be 1 to 1000000; idle_for is 999ms, but must be 1s to 24h",
    );
    assert_eq!(Config::default().max_keys(), 10_000);
    assert_eq!(Config::default().idle_for(), Duration::from_mins(5));
}
