use std::{
    convert::Infallible,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    board::{Board, OPERATOR, On},
    set::{FlagError, FlagSet},
    source::FlagSource,
};
use crate::{
    event::{Event, Listeners},
    fault::{FaultHandle, News},
    name::Name,
    operator::faults,
    time,
    wire::Flag,
};

/// The flags of a process, and the fault switches that go by them.
///
/// See the [module](super) for when a flag arms its plan. Fault layers are found by name in the
/// list of [`operator`](crate::operator), so a flag may be there before its layer is.
///
/// # Sharing
///
/// Clones are the same flags. A process has one of them: two would not know what the other armed.
#[derive(Clone)]
pub struct Flags {
    board: Arc<Mutex<Board>>,
}

impl Flags {
    /// No flags.
    #[must_use]
    pub fn new() -> Self {
        Self { board: Arc::new(Mutex::new(Board::new())) }
    }

    /// Has the source called `source` say `flags`, and arms and disarms what that changes.
    ///
    /// A source that was not there before gets a rank below all others; that of the operator is
    /// called `admin` and has the highest.
    pub fn put(&self, source: &str, flags: FlagSet) {
        let Ok(()) = self.change::<Infallible>(source, |_| Ok(flags), source);
    }

    /// Notes that `source` cannot be read, or what is wrong with it. Its flags stay as they are.
    pub fn mistaken(&self, source: &str, mistake: &FlagError) {
        self.lock().mistaken(source, mistake);
    }

    /// Sets one flag in the name of the operator `by`, over what any source says of it.
    ///
    /// # Errors
    ///
    /// [`FlagError`] with all that is wrong with it. Nothing has changed then.
    pub fn set(&self, name: &str, flag: Flag, by: &str) -> Result<(), FlagError> {
        self.change(OPERATOR, |flags| flags.with(name, flag), by)
    }

    /// Takes back what an operator has set for the flag `name`: what a source says of it counts
    /// again. False when no operator has set it.
    pub fn clear(&self, name: &str, by: &str) -> bool {
        let mut known = false;
        let without = |flags: FlagSet| {
            known = flags.all().contains_key(name);
            Ok(flags.without(name))
        };
        let Ok(()) = self.change::<Infallible>(OPERATOR, without, by);
        known
    }

    /// Arms what is on in fault layers that were made since.
    ///
    /// [`follow`](Self::follow) does so by itself.
    pub fn refresh(&self) {
        let told = Self::settled(self.lock(), Vec::new(), time::read());
        told.into_iter().for_each(Told::tell);
    }

    /// Asks `source` every `pause`, and goes by what it says; to be spawned.
    ///
    /// The source gets its rank when this is called, below those that have one.
    ///
    /// A source that fails, or says something wrong, changes nothing: what it said before
    /// holds. That is told in the log, once, and in [`states`](Self::states).
    ///
    /// # Cancellation
    ///
    /// Dropped, it asks no more, and what the source said last holds on.
    ///
    /// # Panics
    ///
    /// The future does when `pause` is zero, and outside a Tokio runtime with its time driver
    /// enabled.
    pub fn follow(
        self,
        source: impl FlagSource,
        pause: Duration,
    ) -> impl Future<Output = ()> + Send {
        self.lock().reserve(source.name());
        self.ask_again(source, pause)
    }

    async fn ask_again(self, mut source: impl FlagSource, pause: Duration) {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let name = source.name().to_owned();
        let mut before = None;
        loop {
            ticks.tick().await;
            let now = source.flags().await;
            if before.as_ref() == Some(&now) {
                self.refresh();
                continue;
            }
            match &now {
                Ok(flags) => {
                    tracing::info!(target: "resilience", source = name, "flags were read");
                    self.put(&name, flags.clone());
                }
                Err(mistake) => {
                    let shown = mistake.to_string();
                    tracing::error!(target: "resilience", source = name, mistake = shown,
                        "flags are wrong; nothing has changed");
                    self.mistaken(&name, mistake);
                }
            }
            before = Some(now);
        }
    }

    fn change<E>(
        &self,
        source: &str,
        change: impl FnOnce(FlagSet) -> Result<FlagSet, E>,
        by: &str,
    ) -> Result<(), E> {
        let mut board = self.lock();
        let flags = change(board.set_of(source))?;
        let now = time::read();
        let gone = board.put(source, flags, by, now);
        let told = Self::settled(board, gone, now);
        told.into_iter().for_each(Told::tell);
        Ok(())
    }

    /// Disarms what is `gone` and arms what is not armed yet, in one step; returns what to tell of
    /// it once the lock is released.
    fn settled(mut board: MutexGuard<'_, Board>, gone: Vec<On>, now: Instant) -> Vec<Told> {
        let mut told = Vec::new();
        for on in gone {
            for (id, fault) in faults(&on.policy) {
                let (mut command, mut news) = (None, News::default());
                if on.armed.contains(&id) {
                    let (is_disarmed, ended) = fault.switch().disarm_plan(&on.plan);
                    command = is_disarmed.then(|| commanded(fault.name(), "disarm", &on.by));
                    news = ended;
                }
                told.push(Told { command, news, _fault: fault });
            }
        }
        for on in board.arming().into_iter().filter(|on| now < on.until) {
            let living: Vec<_> = faults(&on.policy).collect();
            on.armed.retain(|id| living.iter().any(|(known, _)| known == id));
            for (id, fault) in living {
                let (mut command, mut news) = (None, News::default());
                if on.armed.insert(id) {
                    command = Some(commanded(fault.name(), "arm", &on.by));
                    news = fault.switch().exchange(Arc::clone(&on.plan), now, on.until);
                }
                told.push(Told { command, news, _fault: fault });
            }
        }
        told
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flags").finish_non_exhaustive()
    }
}

/// What was done to a switch under the lock, to be told without it.
struct Told {
    command: Option<Event>,
    news: News,
    /// It may be the last that holds the switch, with functions of the user.
    _fault: FaultHandle,
}

impl Told {
    fn tell(self) {
        if let Some(command) = self.command {
            Listeners::default().emit(&command);
        }
        self.news.tell();
    }
}

fn commanded(name: Name, command: &'static str, by: &Arc<str>) -> Event {
    Event::Commanded { name, kind: "fault", command, by: Arc::clone(by) }
}
