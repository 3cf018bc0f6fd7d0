use std::path::{Path, PathBuf};

use anyhow::bail;

/// The programs of the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The user service.
    pub user: PathBuf,
    /// The order service.
    pub order: PathBuf,
}

impl Binaries {
    /// Finds them in `directory`, where cargo and an installation put them beside this tool.
    ///
    /// # Errors
    ///
    /// When one is missing; the text says how to build it.
    pub fn in_directory(directory: &Path) -> anyhow::Result<Self> {
        let find = |name: &str| {
            let path = directory.join(name);
            if path.is_file() {
                return Ok(path);
            }
            let profile = if is_release(directory) { " --release" } else { "" };
            bail!(
                "expected the {name} service at {}; build it with: \
                 cargo build{profile} --bin user --bin order",
                path.display()
            )
        };
        Ok(Self { user: find("user")?, order: find("order")? })
    }
}

/// Whether cargo's release profile built what is in `directory`.
pub(super) fn is_release(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| name == "release")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_binary_is_named_with_the_command_that_builds_it() {
        let directory = tempfile::tempdir().unwrap();
        let release = directory.path().join("release");
        std::fs::create_dir(&release).unwrap();
        std::fs::write(release.join("user"), "").unwrap();
        let error = Binaries::in_directory(&release).unwrap_err().to_string();
        assert!(error.contains("release/order"), "{error}");
        assert!(error.ends_with("cargo build --release --bin user --bin order"), "{error}");
    }
}
