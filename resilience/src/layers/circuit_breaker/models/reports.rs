use std::sync::Mutex;

use super::{super::Rule, *};
use crate::{
    event::{Event, Listener},
    sync::{AtomicU64, Ordering},
};

#[test]
fn changes_are_told_once_in_their_order_and_by_one_thread_at_a_time() {
    explore(2, 100, || {
        let breaker = Breaker::new(config(COUNT).rules([Rule::FailureCount { failures: 1 }]));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let telling = AtomicU64::new(0);
        breaker.0.listen(Listener::new({
            let heard = Arc::clone(&heard);
            move |event| {
                // A panic would be caught.
                let alone = telling.fetch_add(1, Ordering::Relaxed) == 0;
                if let Event::StateChanged { to, .. } = event {
                    heard.lock().unwrap().push((*to, alone));
                }
                telling.fetch_sub(1, Ordering::Relaxed);
            }
        }));
        let other = spawn(1, &breaker, |breaker| breaker.make(Move::ForceOpen, 0));
        breaker.make(Move::Open, 0);
        breaker.make(Move::Close, 0);
        other.join().unwrap();
        let mut changes = breaker.0.lock().history().newest_first();
        changes.reverse();
        let changes: Vec<_> = changes.iter().map(|change| (change.to, true)).collect();
        assert_eq!(*heard.lock().unwrap(), changes);
    });
}
