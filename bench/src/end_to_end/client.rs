use std::{fmt::Debug, future::poll_fn, time::Duration};

use tokio::runtime::Runtime;
use tower_service::Service;

use crate::harness::{cpu_time, now};

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// How long one sample takes.
const SAMPLE: Duration = Duration::from_millis(200);

/// Makes requests for a while.
pub(super) trait Client {
    /// What a request took of this thread's time on a core, in nanoseconds.
    fn requests(&mut self, runtime: &Runtime) -> f64;
}

/// Makes requests through `service`, each task with a clone of its own.
pub(super) fn client<S>(service: S) -> Box<dyn Client>
where
    S: Service<u64, Response = u64, Error: Debug, Future: Send> + Clone + Send + 'static,
{
    Box::new(Through(service))
}

struct Through<S>(S);

impl<S> Client for Through<S>
where
    S: Service<u64, Response = u64, Error: Debug, Future: Send> + Clone + Send + 'static,
{
    fn requests(&mut self, runtime: &Runtime) -> f64 {
        let (until, ran) = (now() + SAMPLE, cpu_time());
        let made = runtime.block_on(async {
            let mut tasks = Vec::with_capacity(AT_ONCE);
            for _ in 0..AT_ONCE {
                let mut service = self.0.clone();
                tasks.push(tokio::spawn(async move {
                    let mut made = 0;
                    while now() < until {
                        poll_fn(|context| service.poll_ready(context)).await.expect("it is ready");
                        let answer = service.call(made).await.expect("the server answers");
                        assert_eq!(answer, made, "the answer is another one's");
                        made += 1;
                    }
                    made
                }));
            }
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect("no task is stopped");
            }
            sum
        });
        per_request(cpu_time().saturating_sub(ran), made)
    }
}

#[expect(clippy::cast_precision_loss, reason = "some ten thousand requests")]
fn per_request(ran: Duration, made: u64) -> f64 {
    ran.as_secs_f64() * 1e9 / made as f64
}
