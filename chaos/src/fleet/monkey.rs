use anyhow::Context;
use tokio::time::{Instant, sleep_until};

use super::{Fleet, Schedule, Strike};

/// Follows a schedule of strikes on a fleet. It never starts anybody again.
#[derive(Debug)]
pub struct Monkey<'a> {
    fleet: &'a dyn Fleet,
    schedule: Schedule,
    origin: Instant,
}

/// What became of a strike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The strike.
    pub strike: Strike,
    /// How it ended.
    pub fate: Fate,
}

/// How a strike ended for its victim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was killed.
    Killed,
    /// It was dead already and is skipped.
    WasDead,
    /// It could not be killed, and why.
    Failed(String),
}

impl<'a> Monkey<'a> {
    /// Begins to follow `schedule`.
    #[must_use]
    pub fn new(fleet: &'a dyn Fleet, schedule: Schedule) -> Self {
        Self { fleet, schedule, origin: Instant::now() }
    }

    /// Waits for the next strike and carries it out; `None`: that was the last.
    ///
    /// # Errors
    ///
    /// When the fleet is gone, or the victim is no member of it.
    pub async fn strike(&mut self) -> anyhow::Result<Option<Attempt>> {
        let Some(strike) = self.schedule.next() else { return Ok(None) };
        sleep_until(self.origin + strike.at).await;
        let members = self.fleet.members().await?;
        let victim = members.iter().find(|member| member.name == strike.victim);
        let victim =
            victim.with_context(|| format!("{} is no member of this demo", strike.victim))?;
        let fate = if victim.runs {
            match self.fleet.kill(&victim.name).await {
                Ok(()) => Fate::Killed,
                Err(error) => Fate::Failed(format!("{error:#}")),
            }
        } else {
            Fate::WasDead
        };
        Ok(Some(Attempt { strike, fate }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Habits;
    use super::super::fake::FakeFleet;
    use super::*;

    fn schedule(prey: &[&str]) -> Schedule {
        Schedule::new(Habits {
            prey: prey.iter().map(|&name| name.to_owned()).collect(),
            every: Duration::from_secs(10),
            length: Duration::from_mins(2),
            count: 4,
            seed: 7,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_victim_is_killed_once_and_skipped_while_it_is_dead() {
        let fleet = FakeFleet::new(&["user"]);
        let mut monkey = Monkey::new(&fleet, schedule(&["user"]));
        let mut fates = Vec::new();
        while let Some(attempt) = monkey.strike().await.unwrap() {
            fates.push(attempt.fate);
        }
        assert_eq!(fates, [Fate::Killed, Fate::WasDead, Fate::WasDead, Fate::WasDead]);
        assert_eq!(fleet.deeds(), ["kill user"]);
    }

    #[tokio::test(start_paused = true)]
    async fn strikes_come_when_the_schedule_says() {
        let fleet = FakeFleet::new(&["user"]);
        let expected: Vec<_> = schedule(&["user"]).map(|strike| strike.at).collect();
        let began = Instant::now();
        let mut monkey = Monkey::new(&fleet, schedule(&["user"]));
        for at in expected {
            monkey.strike().await.unwrap().unwrap();
            // The timer's grain is a millisecond.
            assert_eq!(began.elapsed().as_millis(), at.as_millis() + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_is_an_error() {
        let fleet = FakeFleet::new(&["user"]);
        let error = Monkey::new(&fleet, schedule(&["dog"])).strike().await.unwrap_err();
        assert_eq!(error.to_string(), "dog is no member of this demo");
    }
}
