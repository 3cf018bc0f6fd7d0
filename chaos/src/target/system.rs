use std::path::Path;

use anyhow::ensure;

/// Whether this system lets processes be told apart, which a promise to leave none needs.
///
/// # Errors
///
/// When it has no `/proc` as on Linux.
pub fn check_system() -> anyhow::Result<()> {
    check(Path::new("/proc"))
}

fn check(proc: &Path) -> anyhow::Result<()> {
    ensure!(
        proc.join("self/stat").is_file(),
        "chaos needs Linux: it tells processes apart by {}, which is not here",
        proc.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_without_proc_is_told_what_is_missing() {
        assert!(check_system().is_ok());
        let empty = tempfile::tempdir().unwrap();
        assert!(check(empty.path()).unwrap_err().to_string().contains("needs Linux"));
    }
}
