use std::{
    sync::{
        Arc, Barrier,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Instant,
};

use super::{Load, cpu_time, now};

/// Two threads that live as long as a case, because what belongs to threads should find the same
/// ones each time.
pub(crate) struct Pair {
    workers: [Worker; 2],
}

struct Worker {
    orders: Sender<Order>,
    done: Receiver<Done>,
}

struct Order {
    load: Box<dyn Load>,
    calls: u64,
    start: Arc<Barrier>,
}

struct Done {
    load: Box<dyn Load>,
    began: Instant,
    ended: Instant,
    /// Whether the thread had a core to itself for all of that time.
    had_core: bool,
}

/// What one round of a pair came to.
pub(crate) struct Round {
    pub(crate) ratio: f64,
    /// Whether both threads had a core each.
    pub(crate) had_cores: bool,
    pub(crate) halves: (Box<dyn Load>, Box<dyn Load>),
}

/// The share of its time that a thread with a core to itself runs.
const WHOLE_CORE: f64 = 0.97;

impl Pair {
    /// Starts both threads, in the runtime of this one.
    pub(crate) fn start() -> Self {
        Self { workers: [Worker::start(), Worker::start()] }
    }

    /// What both threads do together, over what the first does alone, each with one of `halves`.
    pub(crate) fn round(&self, halves: (Box<dyn Load>, Box<dyn Load>), calls: u64) -> Round {
        let [first, second] = &self.workers;
        first.order(halves.0, calls, &Arc::new(Barrier::new(1)));
        let alone = first.wait();
        let start = Arc::new(Barrier::new(2));
        let alone_took = alone.ended - alone.began;
        let alone_had_core = alone.had_core;
        first.order(alone.load, calls, &start);
        second.order(halves.1, calls, &start);
        let (one, two) = (first.wait(), second.wait());
        let together = one.ended.max(two.ended) - one.began.min(two.began);
        let ratio = 2.0 * alone_took.as_secs_f64() / together.as_secs_f64();
        // Where there is one core for both, the second may begin when the first has ended.
        let apart = one.began.max(two.began) - one.began.min(two.began);
        let had_cores = alone_had_core
            && one.had_core
            && two.had_core
            && apart.as_secs_f64() < (1.0 - WHOLE_CORE) * together.as_secs_f64();
        Round { ratio, had_cores, halves: (one.load, two.load) }
    }
}

impl Worker {
    fn start() -> Self {
        let (orders, inbox) = channel::<Order>();
        let (outbox, done) = channel();
        let runtime = tokio::runtime::Handle::current();
        thread::spawn(move || {
            let _entered = runtime.enter();
            for Order { mut load, calls, start } in inbox {
                start.wait();
                let (began, ran) = (now(), cpu_time());
                load.run(calls);
                let (ended, ran) = (now(), cpu_time().saturating_sub(ran));
                let had_core = ran.as_secs_f64() >= WHOLE_CORE * (ended - began).as_secs_f64();
                if outbox.send(Done { load, began, ended, had_core }).is_err() {
                    break;
                }
            }
        });
        Self { orders, done }
    }

    fn order(&self, load: Box<dyn Load>, calls: u64, start: &Arc<Barrier>) {
        let order = Order { load, calls, start: Arc::clone(start) };
        assert!(self.orders.send(order).is_ok(), "a thread of the pair has panicked");
    }

    fn wait(&self) -> Done {
        self.done.recv().expect("a thread of the pair has panicked")
    }
}
