use std::path::PathBuf;

use jiff::Timestamp;

use super::debt::{Debt, debts};
use super::{Entry, ProcessId};

/// What a journal asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It is its owner's affair.
    Leave,
    /// It is abandoned.
    Undo {
        processes: Vec<ProcessId>,
        commands: Vec<String>,
        directories: Vec<PathBuf>,
        files: Vec<PathBuf>,
        debts: Vec<Debt>,
    },
}

/// Decides about the journal with these entries; `abandoned` tells by its owner whether it may be
/// touched, `runs` which processes still run.
pub(super) fn plan(
    entries: Vec<Entry>,
    now: Timestamp,
    abandoned: impl Fn(Option<ProcessId>) -> bool,
    runs: impl Fn(ProcessId) -> bool,
) -> Plan {
    let owner = entries.iter().find_map(|entry| match entry {
        Entry::Owner(owner) => Some(*owner),
        _ => None,
    });
    if !abandoned(owner) {
        return Plan::Leave;
    }
    let debts = debts(&entries, now);
    let (mut processes, mut commands) = (Vec::new(), Vec::new());
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Process { process, .. } if runs(process) => processes.push(process),
            Entry::Directory { path } => directories.push(path),
            Entry::File { path } => files.push(path),
            // Each restart notes the same one again.
            Entry::Starting { command } if commands.contains(&command) => {}
            Entry::Starting { command } => commands.push(command),
            Entry::Owner(_)
            | Entry::Process { .. }
            | Entry::Fault { .. }
            // They are in the debts.
            | Entry::ContainerDown { .. }
            | Entry::ContainerUp { .. }
            | Entry::ContainerFault { .. }
            | Entry::ContainerMended { .. } => {}
        }
    }
    Plan::Undo { processes, commands, directories, files, debts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::ContainerRef;

    const OWNER: ProcessId = ProcessId { pid: 10, started: Some(1) };
    const CHILD: ProcessId = ProcessId { pid: 11, started: Some(2) };

    fn entries() -> Vec<Entry> {
        vec![
            Entry::Owner(OWNER),
            Entry::Directory { path: "/tmp/chaos-run-1".into() },
            Entry::Process { process: CHILD, command: "user".to_owned() },
        ]
    }

    /// The plan when exactly these processes run.
    fn planned(entries: Vec<Entry>, runs: impl Fn(ProcessId) -> bool) -> Plan {
        let abandoned = |owner: Option<ProcessId>| owner.is_none_or(|owner| !runs(owner));
        plan(entries, Timestamp::UNIX_EPOCH, abandoned, &runs)
    }

    fn processes(plan: Plan) -> Vec<ProcessId> {
        match plan {
            Plan::Leave => panic!("the owner is gone"),
            Plan::Undo { processes, .. } => processes,
        }
    }

    #[test]
    fn the_journal_of_a_running_owner_is_left_alone() {
        assert_eq!(planned(entries(), |process| process == OWNER), Plan::Leave);
    }

    #[test]
    fn what_a_dead_owner_left_running_is_ended() {
        assert_eq!(processes(planned(entries(), |process| process == CHILD)), [CHILD]);
    }

    #[test]
    fn a_command_that_was_started_often_is_looked_for_once() {
        let starting = || Entry::Starting { command: "user".to_owned() };
        let entries = vec![Entry::Owner(OWNER), starting(), starting()];
        let Plan::Undo { commands, .. } = planned(entries, |_| false) else {
            panic!("the owner is gone")
        };
        assert_eq!(commands, ["user"]);
    }

    #[test]
    fn a_stale_pid_ends_nothing() {
        assert_eq!(processes(planned(entries(), |_| false)), []);
    }

    #[test]
    fn a_reused_pid_ends_nothing() {
        let table = |pid| (pid == CHILD.pid).then_some(999_u64);
        assert_eq!(
            processes(planned(entries(), |process| table(process.pid) == process.started)),
            []
        );
    }

    #[test]
    fn what_a_dead_owner_owes_to_containers_is_in_the_plan() {
        let [engine, project, service, id] = ["tcp://none", "shop", "user", "1"].map(str::to_owned);
        let container = ContainerRef { engine, project, service, id };
        let owed = Entry::ContainerDown { container, started: "then".to_owned() };
        let entries = vec![Entry::Owner(OWNER), owed];
        let Plan::Undo { debts, .. } = planned(entries, |_| false) else {
            panic!("the owner is gone")
        };
        assert!(matches!(&debts[..], [Debt::Start { ended, .. }] if ended == "then"));
    }
}
