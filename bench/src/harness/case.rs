use super::Load;

/// The name of our own subject.
pub(crate) const OURS: &str = "tower-bulwark";

/// Something that several subjects do, each in its way.
pub(crate) struct Case {
    /// What it is called on the command line.
    pub(crate) name: String,
    /// What it is called in the report.
    pub(crate) title: String,
    /// What ours may take.
    pub(crate) bound: Option<f64>,
    pub(crate) measure: Measure,
    pub(crate) subjects: Vec<Subject>,
}

/// What is measured of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Nanoseconds a call.
    Time,
    /// What two threads do together over what one does alone.
    Threads,
}

/// One of those that do what a case asks.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// A subject of the same case whose time is taken off: what is left is one layer's.
    pub(crate) over: Option<&'static str>,
    /// Whether two runs differ in their calls alone, so that instructions can be counted.
    pub(crate) is_steady: bool,
    pub(crate) make: Box<dyn Fn() -> Box<dyn Load>>,
}

impl Subject {
    pub(crate) fn new(name: &'static str, make: impl Fn() -> Box<dyn Load> + 'static) -> Self {
        Self { name, over: None, is_steady: true, make: Box::new(make) }
    }

    pub(crate) fn ours(make: impl Fn() -> Box<dyn Load> + 'static) -> Self {
        Self::new(OURS, make)
    }

    /// Takes off what the subject `other` takes.
    pub(crate) fn over(mut self, other: &'static str) -> Self {
        self.over = Some(other);
        self
    }

    /// Says that its work depends on the speed of the machine.
    pub(crate) fn unsteady(mut self) -> Self {
        self.is_steady = false;
        self
    }
}

impl Case {
    pub(crate) fn timed(name: &str, title: &str, subjects: Vec<Subject>) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            bound: None,
            measure: Measure::Time,
            subjects,
        }
    }

    pub(crate) fn threads(name: &str, title: &str, subjects: Vec<Subject>) -> Self {
        Self { measure: Measure::Threads, ..Self::timed(name, title, subjects) }
    }

    /// Says what ours may take, or for threads what it must reach.
    pub(crate) fn bound(mut self, bound: f64) -> Self {
        self.bound = Some(bound);
        self
    }

    /// The place of the subject that ratios are taken to.
    pub(crate) fn ours(&self) -> Option<usize> {
        self.place(OURS)
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.subjects.iter().position(|subject| subject.name == name)
    }

    /// The place of a subject that another one is over.
    pub(crate) fn under(&self, name: &str) -> usize {
        self.place(name).expect("what is taken off is in the same case")
    }
}
