use std::fmt;

/// What was given back to containers that a run had broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Containers that run again.
    pub started: usize,
    /// Faults that were disarmed.
    pub disarmed: usize,
    /// What could not be undone, in words. It stays in its journal.
    pub failed: Vec<String>,
}

impl Mended {
    /// Whether there was anything.
    pub const fn any(&self) -> bool {
        self.started + self.disarmed + self.failed.len() > 0
    }
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { started, disarmed, failed } = self;
        write!(f, "started {started} container(s) again, disarmed {disarmed} fault(s)")?;
        failed.iter().try_for_each(|failed| write!(f, "\nwarning: {failed}"))
    }
}
