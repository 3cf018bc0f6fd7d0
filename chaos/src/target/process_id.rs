use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// A process, told apart from a later one that got the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The pid.
    pub pid: i32,
    /// When the process started, in clock ticks since boot; `None`: the system has no
    /// `/proc`, so it cannot be told.
    pub started: Option<u64>,
}

impl ProcessId {
    /// Identifies the running process `pid`.
    #[must_use]
    pub fn of(pid: Pid) -> Self {
        Self { pid: pid.as_raw(), started: started(pid.as_raw()) }
    }

    /// Identifies this process.
    #[must_use]
    pub fn own() -> Self {
        Self::of(Pid::this())
    }

    /// Whether this very process still runs; a zombie does not.
    pub fn runs(self) -> bool {
        self.started.is_some() && started(self.pid) == self.started
    }
}

/// Reads the start time from `/proc`; `None` when nothing runs under `pid`.
fn started(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_started(&stat)
}

/// The 22nd field of a `stat` line, unless the process is dead.
///
/// The second field is the command in parentheses and may hold any character, so the
/// count starts behind the last closing one.
fn parse_started(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// The running processes whose command line is `command`, its words parted by blanks, or
/// begins with it.
pub(super) fn started_by(command: &str) -> Vec<ProcessId> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|&pid| pid != Pid::this().as_raw())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            begins_with(&String::from_utf8_lossy(&line), command)
        })
        .map(|pid| ProcessId::of(Pid::from_raw(pid)))
        .filter(|process| process.runs())
        .collect()
}

/// Whether `line`, as `/proc` shows it, begins with all the words of `command`.
fn begins_with(line: &str, command: &str) -> bool {
    let line = line.replace('\0', " ");
    line.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_one_with_its_pid_from_another_time_does_not() {
        let own = ProcessId::own();
        assert!(own.runs());
        let reused = ProcessId { started: own.started.map(|ticks| ticks + 1), ..own };
        assert!(!reused.runs());
    }

    #[test]
    fn a_command_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        assert_eq!(parse_started(stat), Some(4242));
    }

    #[test]
    fn a_command_line_begins_with_whole_words() {
        assert!(begins_with("/bin/order\0--stack\0bare\0", "/bin/order --stack bare"));
        assert!(begins_with("/bin/order\0--stack\0bare\0-v\0", "/bin/order --stack bare"));
        assert!(!begins_with("/bin/order\0--stack\0bareness\0", "/bin/order --stack bare"));
        assert!(!begins_with("less\0/bin/order\0", "/bin/order"));
    }

    #[test]
    fn a_zombie_does_not_run() {
        let stat = "7 (order) Z 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1 1";
        assert_eq!(parse_started(stat), None);
    }
}
