use jiff::Timestamp;

use super::{ContainerRef, Entry};

/// What a run still owes to a container that it has broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Debt {
    /// It was, or was about to be, killed or stopped: it has to run again.
    Start {
        container: ContainerRef,
        /// Which start of it was ended: one that runs since another start is owed nothing.
        ended: String,
    },
    /// A fault was, or was about to be, armed in it.
    Disarm { container: ContainerRef, what: String, flag: String },
}

/// What is owed at `now` after `entries`, starts before disarms: what has to be disarmed must
/// run. A fault that has expired by then is owed nothing.
pub(super) fn debts<'a>(entries: impl IntoIterator<Item = &'a Entry>, now: Timestamp) -> Vec<Debt> {
    let (mut starts, mut disarms) = (Vec::<Debt>::new(), Vec::<Debt>::new());
    let other = |id: &str| {
        let id = id.to_owned();
        move |debt: &Debt| debt.container().id != id
    };
    for entry in entries {
        match entry {
            Entry::ContainerDown { container, started } => {
                starts.retain(other(&container.id));
                let (container, ended) = (container.clone(), started.clone());
                starts.push(Debt::Start { container, ended });
            }
            Entry::ContainerUp { id } => starts.retain(other(id)),
            Entry::ContainerFault { container, what, flag, until } => {
                // A run has one flag, which its next fault changes.
                disarms.retain(other(&container.id));
                if *until > now {
                    let (container, what) = (container.clone(), what.clone());
                    disarms.push(Debt::Disarm { container, what, flag: flag.clone() });
                }
            }
            Entry::ContainerMended { id } => disarms.retain(other(id)),
            Entry::Owner(_)
            | Entry::Directory { .. }
            | Entry::File { .. }
            | Entry::Starting { .. }
            | Entry::Process { .. }
            | Entry::Fault { .. } => {}
        }
    }
    starts.append(&mut disarms);
    starts
}

impl Debt {
    /// To whom.
    pub(super) const fn container(&self) -> &ContainerRef {
        match self {
            Self::Start { container, .. } | Self::Disarm { container, .. } => container,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn container(id: &str) -> ContainerRef {
        ContainerRef {
            engine: "unix:///none".to_owned(),
            project: "shop".to_owned(),
            service: "user".to_owned(),
            id: id.to_owned(),
        }
    }

    fn down(id: &str) -> Entry {
        Entry::ContainerDown { container: container(id), started: "then".to_owned() }
    }

    fn up(id: &str) -> Entry {
        Entry::ContainerUp { id: id.to_owned() }
    }

    fn fault(id: &str, seconds: i64) -> Entry {
        let until = Timestamp::from_second(seconds).unwrap();
        let (what, flag) = ("slow".to_owned(), "run".to_owned());
        Entry::ContainerFault { container: container(id), what, flag, until }
    }

    fn start(id: &str) -> Debt {
        Debt::Start { container: container(id), ended: "then".to_owned() }
    }

    #[test]
    fn what_was_taken_down_is_owed_a_start_until_it_is_up() {
        assert_eq!(debts(&[down("1"), down("2"), up("1")], NOW), [start("2")]);
        assert_eq!(debts(&[down("1"), up("1")], NOW), []);
        assert_eq!(debts(&[down("1"), up("1"), down("1")], NOW), [start("1")]);
        assert_eq!(debts(&[down("1"), down("1")], NOW), [start("1")], "once");
    }

    #[test]
    fn a_fault_is_owed_its_end_until_it_is_mended_or_has_expired() {
        let (what, flag) = ("slow".to_owned(), "run".to_owned());
        let disarm = Debt::Disarm { container: container("1"), what, flag };
        assert_eq!(debts(&[fault("1", 1)], NOW), std::slice::from_ref(&disarm));
        assert_eq!(debts(&[fault("1", 0)], NOW), []);
        assert_eq!(debts(&[fault("1", 1), fault("1", 2)], NOW), [disarm]);
        let mended = Entry::ContainerMended { id: "1".to_owned() };
        assert_eq!(debts(&[fault("1", 1), mended], NOW), []);
    }

    #[test]
    fn a_container_runs_before_a_fault_in_it_is_disarmed() {
        let owed = debts(&[fault("1", 1), down("1")], NOW);
        assert!(matches!(owed[..], [Debt::Start { .. }, Debt::Disarm { .. }]), "{owed:?}");
    }
}
