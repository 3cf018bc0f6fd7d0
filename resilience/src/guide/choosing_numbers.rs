//! Choosing numbers: which numbers, from which measurements?
//!
//! Each setting follows from something that you can measure. The order matters: the limit of an
//! attempt first, then the deadline, then the budget, then the breaker. Every figure below is
//! checked by an assertion; put your own measurements in their place.
//!
//! | number | measure | rule |
//! |---|---|---|
//! | limit of an attempt | latency of good answers | 99.9th percentile and a margin |
//! | deadline | how long the caller waits | attempts and waits must fit, or be fewer |
//! | budget | capacity and peak of the service | what is between the two |
//! | open wait | time of a restart | about that time |
//! | window and minimum | calls a second | the window holds at least twice the minimum |
//! | failure rate | failures on a bad day | so far above them that chance does not get there |
//!
//! # The limit of an attempt: from percentiles
//!
//! Take the latency of good answers at the caller, from a week with a bad day in it. The limit cuts
//! every good answer that is slower, so the percentile is the share of good calls that you make
//! fail: at the 99th one in 100, at the 99.9th one in 1,000. With a retry these are no failures to
//! your callers, only load, and a limit near the 99.9th percentile costs 0.1 % more calls.
//!
//! Of 10,000 answers all but ten came within 187 ms. With a third as a margin, for a service that
//! is a little slower next month, the limit is 250 ms:
//!
//! ```
//! use std::time::Duration;
//!
//! /// The time within which `share` of the sorted `answers` came.
//! fn percentile(answers: &[Duration], share: f64) -> Duration {
//!     let rank = (answers.len() as f64 * share).ceil() as usize;
//!     answers[rank.clamp(1, answers.len()) - 1]
//! }
//!
//! // Measured: 9,990 answers between 20 and 187 ms, ten that took longer.
//! let usual = (0..9_990).map(|n| Duration::from_micros(20_000 + n * 16_717 / 1_000));
//! let slow = [400, 500, 600, 700, 800, 900, 1_200, 1_500, 1_800, 2_000];
//! let answers: Vec<_> = usual.chain(slow.map(Duration::from_millis)).collect();
//!
//! let usual = percentile(&answers, 0.999);
//! assert_eq!(usual.as_millis(), 186);
//! let limit = Duration::from_millis(250);
//! assert!(limit > usual * 4 / 3);
//! let cut = answers.iter().filter(|answer| **answer > limit).count();
//! assert_eq!(cut, 10, "0.1 % of good calls are made again");
//! ```
//!
//! A percentile that is ten times the median says that there are two kinds of calls. Give each
//! kind a layer and a limit of its own.
//!
//! # The deadline: from the attempts that must fit
//!
//! Add up the longest course that you want: each attempt up to its limit, each wait at its longest.
//! It has to fit into what the caller waits; else take an attempt away.
//!
//! ```
//! use std::{num::NonZeroU32, time::Duration};
//! use resilience::retry::Config;
//!
//! let limit = Duration::from_millis(250);
//! let config = Config::default();
//! let waits: Duration = (1..config.max_attempts())
//!     .filter_map(NonZeroU32::new)
//!     .map(|retry| config.backoff().delay(retry, None, || 1.0)) // full jitter at its longest
//!     .sum();
//! let longest = limit * config.max_attempts() + waits;
//! assert_eq!(waits, Duration::from_millis(50 + 100));
//! assert_eq!(longest, Duration::from_millis(900)); // a deadline of 1 s holds it
//! ```
//!
//! What a service waits for is part of what its callers wait for. A service with a deadline of 2 s
//! that asks two others, one after the other, can give each 1 s at most, and has nothing left for
//! itself then.
//!
//! # The budget: from capacity
//!
//! What the service can do beyond its peak is what retries may add. All processes share it: the
//! ratio is of all their calls together, the reserve is each one's own.
//!
//! A service does 1,200 calls a second, its peak is 1,000, and four processes call it:
//!
//! ```
//! use resilience::{Ratio, budget::TokenBudget};
//!
//! let (capacity, peak, processes) = (1_200.0, 1_000.0, 4.0);
//! let config = TokenBudget::builder().ratio(Ratio::percent(16)).min_per_sec(10).build()?;
//! let retries = peak * config.ratio().as_f64() + processes * f64::from(config.min_per_sec());
//! assert_eq!(retries, 200.0);
//! assert!(peak + retries <= capacity);
//!
//! // With the defaults, 20 % and 10 a second, an outage at the peak would be 40 calls over it.
//! let config = TokenBudget::default();
//! let retries = peak * config.ratio().as_f64() + processes * f64::from(config.min_per_sec());
//! assert_eq!(peak + retries - capacity, 40.0);
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
//!
//! Tokens live for [`ttl`](crate::budget::TokenBudgetBuilder::ttl), so that the first second of an
//! outage may spend what ten good ones have saved: ten times the figure above, once. A shorter
//! `ttl` bounds that burst.
//!
//! # The open wait: from restarts
//!
//! Measure from the kill of a process to its first good answer. That is
//! [`open_for`](crate::circuit_breaker::ConfigBuilder::open_for): much shorter, and probes meet a
//! process that cannot answer; much longer, and callers are refused by a service that is well.
//!
//! The waits of the default are 5, 10, 20, 40, 60, 60 ... seconds. That is how often an outage is
//! probed, and how late its end may be noticed:
//!
//! ```
//! use std::time::Duration;
//! use resilience::circuit_breaker::Config;
//!
//! let config = Config::default();
//! let waits = (0..).map(|failed: i32| {
//!     let wait = config.open_for().mul_f64(config.open_growth().powi(failed));
//!     wait.min(config.open_for_at_most())
//! });
//! // When probes are let through, without jitter, in seconds from the first opening:
//! let probed: Vec<_> = waits
//!     .scan(Duration::ZERO, |at, wait| {
//!         *at += wait;
//!         Some(at.as_secs())
//!     })
//!     .take_while(|at| *at <= 240)
//!     .collect();
//! assert_eq!(probed, [5, 15, 35, 75, 135, 195]);
//! // An outage of 80 s is noticed to be over after 135 s: 55 s late.
//! ```
//!
//! Where 55 s are too many, lower the cap:
//! [`open_growth`](crate::circuit_breaker::ConfigBuilder::open_growth) takes it. A cap of 10 s asks
//! a dead service six times a minute, with three probes each. That is little, unless thousands of
//! processes do it.
//!
//! # Window and minimum: from traffic
//!
//! A rate needs the [minimum](crate::circuit_breaker::ConfigBuilder::min_calls) of calls in the
//! window. So calls a second times the span has to be above the minimum, in a quiet hour too:
//!
//! ```
//! use resilience::circuit_breaker::{Config, Window};
//!
//! let config = Config::default();
//! let Window::Time { span, .. } = config.window() else { unreachable!("the default is a span") };
//! let in_window = |per_second: f64| (per_second * span.as_secs_f64()) as u32;
//! assert!(in_window(100.0) > 100 * config.min_calls(), "a busy service");
//! assert!(in_window(1.4) >= 2 * config.min_calls(), "from 1.4 calls a second on all is well");
//! assert!(in_window(0.5) < config.min_calls(), "this one would never open");
//! ```
//!
//! Below that take a [count window](crate::circuit_breaker::Window::Count), which waits for the
//! calls as long as it takes, or failures in a row. All threads write one word of it: where several
//! share a breaker at hundreds of thousands of calls a second, and all of them have calls all the
//! time, take the [count of each thread](crate::circuit_breaker::Window::CountPerThread).
//!
//! How fast a breaker opens follows, too. At 100 good calls a second the window holds 3,000 of
//! them, and a service that dies at once fails 50 % of the window after about 15 s. Failures in a
//! row see it after that many calls. So have both:
//!
//! ```
//! use resilience::circuit_breaker::Config;
//!
//! // A sudden death by the run, a slow decay by the rate.
//! let config = Config::builder().consecutive_failures(10).build()?;
//! assert_eq!(config.rules().len(), 2);
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
//!
//! # Thresholds: from false alarms
//!
//! Chance alone meets a rule now and then. How often, depends on the failures of an ordinary day
//! and on the minimum. For failures that are independent of each other:
//!
//! ```
//! /// The chance that at least `least` of `calls` fail when each does with chance `p`.
//! fn at_least(least: u32, calls: u32, p: f64) -> f64 {
//!     let choose = |k: u32| (0..k).fold(1.0, |c, i| c * f64::from(calls - i) / f64::from(i + 1));
//!     (least..=calls)
//!         .map(|k| choose(k) * p.powi(k as i32) * (1.0 - p).powi((calls - k) as i32))
//!         .sum()
//! }
//!
//! // 50 % of at least 20 calls, at 10 % of failures: once in 140,000 looks. At 25 %: once in 72.
//! assert!((7.0e-6..7.3e-6).contains(&at_least(10, 20, 0.10)));
//! assert!((0.0138..0.0140).contains(&at_least(10, 20, 0.25)));
//! // With a minimum of 5 calls it is once in 117 at 10 % already.
//! assert!((0.0085..0.0086).contains(&at_least(3, 5, 0.10)));
//!
//! // Failures in a row: about p^-n calls lie between two runs of n.
//! let calls_between = |p: f64, n: i32| p.powi(-n).round() as u64;
//! assert_eq!(calls_between(0.15, 5), 13_169); // at 100 calls a second: every two minutes
//! assert_eq!(calls_between(0.15, 10), 173_415_299); // every 20 days
//! ```
//!
//! So a minimum below 20 asks for a higher rate, and a bad day with 25 % of failures asks for a
//! rate above 50 % or a minimum above 20. Then let the rules run in
//! [shadow mode](super::circuit_breaker#rules-that-nobody-has-seen-at-work) for a week and count
//! what they would have done.
//!
//! # Slow calls: from the limit of an attempt
//!
//! A call that is cut at its limit is a failure already. A slow-call rule sees the trouble before
//! that: take something between the 99th percentile and the limit, here half of the limit, and a
//! share that no good hour reaches.
//!
//! ```
//! use std::time::Duration;
//! use resilience::{Ratio, circuit_breaker::{Config, SlowCall}};
//!
//! let limit = Duration::from_millis(250);
//! let slow = SlowCall::longer_than(limit / 2);
//! let config = Config::builder().slow_call_rate(Ratio::percent(80), slow).build()?;
//! assert!(config.slow_call().is_some_and(|slow| slow.is_slow(Duration::from_millis(126))));
//! # Ok::<(), resilience::ConfigErrors>(())
//! ```
