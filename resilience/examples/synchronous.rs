//! A breaker around code that blocks, from several threads, without a runtime.
//!
//! ```console
//! $ cargo run -p tower-bulwark --example synchronous
//! ```

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use resilience::{
    BoxError, Name, Ratio, Rng,
    circuit_breaker::{CircuitBreakerHandle, Config, HalfOpen, State},
    retry::{self, Attempts, Backoff, Wait},
};
use tokio::time::Instant;

static DISK_IS_GONE: AtomicBool = AtomicBool::new(true);

/// Blocks, and fails while the disk is gone.
fn read(block: u32) -> io::Result<u32> {
    if DISK_IS_GONE.load(Ordering::Relaxed) {
        return Err(io::Error::other("no such device"));
    }
    Ok(block * 512)
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here whose timer could wait")]
fn pause(time: Duration) {
    thread::sleep(time);
}

fn main() -> Result<(), BoxError> {
    let config = Config::builder()
        .consecutive_failures(3)
        .open_for(Duration::from_millis(300))
        .open_jitter(Ratio::ZERO)
        .half_open(HalfOpen::PermittedCalls { calls: 1 })
        .build()?;
    let disk = CircuitBreakerHandle::standalone(Name::from_static("disk"), config);

    println!("Four threads read from a disk that is gone.");
    thread::scope(|scope| {
        for number in 0..4 {
            let disk = disk.clone();
            scope.spawn(move || {
                for block in 0..3 {
                    match disk.try_acquire() {
                        // A panic inside counts as a failure, too.
                        Ok(permit) => match permit.run(|| read(block)) {
                            Ok(at) => println!("  thread {number}: {at}"),
                            Err(error) => println!("  thread {number}: {error}"),
                        },
                        Err(rejected) => println!("  thread {number}: {rejected}"),
                    }
                }
            });
        }
    });
    assert_eq!(disk.snapshot().state, State::Open);

    println!("It is back; one probe finds out.");
    DISK_IS_GONE.store(false, Ordering::Relaxed);
    let wait = disk.snapshot().time_left.unwrap_or_default();
    println!("  the breaker wants {wait:?} more");
    pause(wait);

    // A permit can also be told what came of the call, where that is known elsewhere.
    let probe = disk.try_acquire()?;
    let began = Instant::now();
    let at = read(7)?;
    probe.finish_after(resilience::Outcome::Success, began.elapsed());
    println!("  block 7 is at {at}, and the circuit is {:?}", disk.snapshot().state);
    assert_eq!(disk.snapshot().state, State::Closed);

    println!("Attempts, in a loop that blocks.");
    let backoff = Backoff::exponential(Duration::from_millis(10)).build()?;
    let config = retry::Config::builder().max_attempts(4).backoff(backoff).build()?;
    let rng = Rng::default();
    let mut attempts = Attempts::new(&config, Instant::now());
    let answer = loop {
        let number = attempts.made().number.get();
        let result = if number < 3 { Err("busy") } else { Ok("done") };
        println!("  attempt {number}: {result:?}");
        if result.is_ok() {
            break result;
        }
        match attempts.next(Wait::Backoff, Instant::now(), || rng.draw()) {
            Ok(wait) => pause(wait),
            Err(_gave_up) => break result,
        }
    };
    assert_eq!(answer, Ok("done"));
    Ok(())
}

#[test]
fn it_ends_well() -> Result<(), BoxError> {
    main()
}
