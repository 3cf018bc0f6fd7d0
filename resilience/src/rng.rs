//! Random numbers that a test can choose.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Draws numbers for jitter and for fault injection.
///
/// The default is seeded from the operating system. [`Rng::seeded`] gives the same
/// sequence on every run, and [`Rng::from_fn`] gives exactly what a function returns.
/// Drawing takes one atomic step and never blocks.
///
/// # Sharing
///
/// Clones draw from one sequence: with a seed, two clones together see every number once.
///
/// # Examples
///
/// ```
/// use resilience::Rng;
///
/// let (one, other) = (Rng::seeded(7), Rng::seeded(7));
/// assert_eq!(one.draw(), other.draw());
/// ```
#[derive(Clone)]
pub struct Rng {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Seeded(Arc<AtomicU64>),
    Function(Arc<dyn Fn() -> f64 + Send + Sync>),
}

// The odd step of Weyl sequences (2^64 divided by the golden ratio): every state comes up
// once before any repeats.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Rng {
    /// Draws the same sequence for the same `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { source: Source::Seeded(Arc::new(AtomicU64::new(seed))) }
    }

    /// Draws what `next` returns, clamped to 0 up to but excluding 1. No number (NaN) counts as the
    /// largest: it injects no fault and shortens no wait.
    #[must_use]
    pub fn from_fn(next: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self { source: Source::Function(Arc::new(next)) }
    }

    /// The next number, from 0 up to but excluding 1.
    pub fn draw(&self) -> f64 {
        match &self.source {
            Source::Seeded(state) => {
                fastrand::Rng::with_seed(state.fetch_add(STEP, Ordering::Relaxed)).f64()
            }
            Source::Function(next) => match next() {
                drawn if drawn.is_nan() => 1.0f64.next_down(),
                drawn => drawn.clamp(0.0, 1.0f64.next_down()),
            },
        }
    }
}

impl Default for Rng {
    /// Seeds the sequence from the operating system.
    fn default() -> Self {
        Self::seeded(fastrand::u64(..))
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::Seeded(_) => "seeded",
            Source::Function(_) => "function",
        };
        f.debug_tuple("Rng").field(&source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn a_seed_fixes_the_sequence() {
        let draws = |seed| {
            let rng = Rng::seeded(seed);
            (0..100).map(|_| rng.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draws(3), draws(3));
        assert_ne!(draws(3), draws(4));
    }

    #[test]
    fn numbers_spread_evenly_over_zero_to_one() {
        let rng = Rng::seeded(11);
        let mut tenths = [0u32; 10];
        for _ in 0..100_000 {
            let draw = rng.draw();
            assert!((0.0..1.0).contains(&draw));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
            let tenth = (draw * 10.0) as usize;
            tenths[tenth] += 1;
        }
        // Ten times the standard deviation of a fair tenth (95): no fair generator fails this.
        assert!(tenths.iter().all(|n| n.abs_diff(10_000) < 950), "{tenths:?}");
    }

    #[test]
    fn a_function_is_clamped_below_one() {
        assert!(Rng::from_fn(|| 1.0).draw() < 1.0);
        assert!(Rng::from_fn(|| -3.0).draw().abs() < f64::EPSILON);
    }

    #[test]
    fn no_number_counts_as_the_largest() {
        let largest = 1.0_f64.next_down();
        assert_eq!(Rng::from_fn(|| f64::NAN).draw().to_bits(), largest.to_bits());
    }
}
