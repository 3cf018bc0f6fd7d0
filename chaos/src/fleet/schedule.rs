use std::time::Duration;

/// How a monkey goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// The members that it may kill. Their order does not matter.
    pub prey: Vec<String>,
    /// The mean pause between two strikes, and before the first.
    pub every: Duration,
    /// No strike comes later than this.
    pub length: Duration,
    /// The most strikes.
    pub count: usize,
    /// What all choices follow from.
    pub seed: u64,
}

/// One attempt on a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When, counted from the start.
    pub at: Duration,
    /// Who is to be killed.
    pub victim: String,
}

/// The strikes of a monkey, which depend on its [`Habits`] alone.
///
/// A pause lies between half of the mean and one and a half of it, so that no timer of a
/// service stays in step with the strikes.
#[derive(Clone, Debug)]
pub struct Schedule {
    rng: fastrand::Rng,
    prey: Vec<String>,
    every: Duration,
    length: Duration,
    left: usize,
    at: Duration,
}

impl Schedule {
    /// The strikes that follow from `habits`; none without prey.
    #[must_use]
    pub fn new(habits: Habits) -> Self {
        let Habits { mut prey, every, length, count, seed } = habits;
        prey.sort();
        prey.dedup();
        let left = if prey.is_empty() { 0 } else { count };
        Self { rng: fastrand::Rng::with_seed(seed), prey, every, length, left, at: Duration::ZERO }
    }
}

impl Iterator for Schedule {
    type Item = Strike;

    fn next(&mut self) -> Option<Strike> {
        self.left = self.left.checked_sub(1)?;
        self.at += self.every.mul_f64(0.5 + self.rng.f64());
        let victim = self.prey[self.rng.usize(..self.prey.len())].clone();
        if self.at > self.length {
            self.left = 0;
            return None;
        }
        Some(Strike { at: self.at, victim })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(seed: u64) -> Habits {
        Habits {
            prey: ["user", "order-guarded", "order-bare"].map(str::to_owned).into(),
            every: Duration::from_secs(10),
            length: Duration::from_mins(2),
            count: 20,
            seed,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_victims_at_the_same_times() {
        let plan = |seed| Schedule::new(habits(seed)).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        let mut turned = habits(7);
        turned.prey.reverse();
        turned.prey.push("user".to_owned());
        assert_eq!(Schedule::new(turned).collect::<Vec<_>>(), plan(7));
    }

    #[test]
    fn the_bounds_are_kept_and_the_mean_is_met() {
        for seed in 0..200 {
            let habits = habits(seed);
            let mut last = Duration::ZERO;
            let strikes: Vec<_> = Schedule::new(habits.clone()).collect();
            for Strike { at, .. } in &strikes {
                let pause = at.saturating_sub(last);
                assert!(pause >= Duration::from_secs(5) && pause <= Duration::from_secs(15));
                assert!(*at <= habits.length);
                last = *at;
            }
            assert!((8..=20).contains(&strikes.len()), "about twelve, got {}", strikes.len());
        }
        let strikes = |count| Schedule::new(Habits { count, ..habits(1) }).count();
        assert_eq!((strikes(0), strikes(3)), (0, 3));
    }

    #[test]
    fn it_ends_once_and_for_all() {
        let mut schedule = Schedule::new(Habits { count: usize::MAX, ..habits(3) });
        while schedule.next().is_some() {}
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn everybody_is_struck_in_the_end_and_without_prey_nobody_is() {
        let long = Habits { length: Duration::MAX, count: 100, ..habits(5) };
        let mut victims: Vec<_> = Schedule::new(long.clone()).map(|strike| strike.victim).collect();
        victims.sort();
        victims.dedup();
        assert_eq!(victims, ["order-bare", "order-guarded", "user"]);
        assert_eq!(Schedule::new(Habits { prey: Vec::new(), ..long }).count(), 0);
    }
}
