use std::fs;

/// Whether a process with this pid exists and is no zombie.
pub fn alive(pid: i32) -> bool {
    stat(pid).is_some()
}

/// The living processes in the group `group`.
pub fn in_group(group: i32) -> Vec<i32> {
    living(|pid| stat(pid) == Some(group))
}

/// The living processes that are `wanted`.
pub(crate) fn living(wanted: impl Fn(i32) -> bool) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| alive(pid) && wanted(pid)).collect()
}

/// The group of a living process.
fn stat(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command may hold blanks and parentheses; the fields begin behind the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(group)
}
