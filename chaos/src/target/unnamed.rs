use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::journal::UNNAMED;

/// How long a journal may be without its name, which it gets right after it was made.
const NAMELESS: SignedDuration = SignedDuration::from_mins(1);

/// Removes journals that were never named, because their run was killed just then.
pub(super) fn remove_unnamed(state_dir: &Path) {
    for entry in fs::read_dir(state_dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_one = path.extension().is_some_and(|ending| ending == UNNAMED)
            && path
                .file_stem()
                .and_then(OsStr::to_str)
                .is_some_and(|stem| stem.parse::<Uuid>().is_ok());
        let made = entry.metadata().and_then(|found| found.modified()).ok();
        let made = made.and_then(|made| Timestamp::try_from(made).ok());
        if is_one && made.is_some_and(|made| Timestamp::now().duration_since(made) > NAMELESS) {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_journal_that_never_got_its_name_is_removed_after_a_while() {
        let state = tempfile::tempdir().unwrap();
        let young = state.path().join(format!("{}.new", Uuid::new_v4()));
        let old = state.path().join(format!("{}.new", Uuid::new_v4()));
        let other = state.path().join("fleet.new");
        for path in [&young, &old, &other] {
            File::create(path).unwrap();
        }
        for path in [&old, &other] {
            let long_ago = (Timestamp::now() - SignedDuration::from_mins(2)).into();
            File::options().append(true).open(path).unwrap().set_modified(long_ago).unwrap();
        }
        remove_unnamed(state.path());
        assert!(young.exists() && !old.exists() && other.exists());
    }
}
