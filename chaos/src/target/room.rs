use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The start of the name of every file that the tool makes outside its own directories.
const PREFIX: &str = ".chaos-";

/// A new name in `directory` for a file that holds room for `what`.
pub fn beside(directory: &Path, what: &str) -> PathBuf {
    directory.join(format!("{PREFIX}{what}-{}", Uuid::new_v4().simple()))
}

/// Whether `path` is named like such a file.
pub(super) fn is_one(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX))
}
