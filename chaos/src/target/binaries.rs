use std::path::{Path, PathBuf};

use anyhow::bail;

/// The programs of the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The user service.
    pub user: PathBuf,
    /// The order service.
    pub order: PathBuf,
    /// The dashboard, where one is wanted.
    pub dashboard: Option<PathBuf>,
}

/// Which programs a run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// The services.
    Services,
    /// The services, and a dashboard to watch them.
    WithDashboard,
}

impl Programs {
    /// Their names, as cargo knows them.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Services => &["user", "order"],
            Self::WithDashboard => &["user", "order", "dashboard"],
        }
    }

    /// The arguments with which cargo builds them.
    pub(super) fn cargo_args(self) -> impl Iterator<Item = &'static str> {
        self.names().iter().flat_map(|name| ["--bin", name])
    }
}

impl Binaries {
    /// Finds `programs` in `directory`, where cargo and an installation put them beside this
    /// tool.
    ///
    /// # Errors
    ///
    /// When one is missing; the text says how to build it.
    pub fn in_directory(directory: &Path, programs: Programs) -> anyhow::Result<Self> {
        let find = |name: &str| {
            let path = directory.join(name);
            if path.is_file() {
                return Ok(path);
            }
            let profile = if is_release(directory) { " --release" } else { "" };
            let args: Vec<_> = programs.cargo_args().collect();
            bail!(
                "expected the program {name} at {}; build it with: cargo build{profile} {}",
                path.display(),
                args.join(" ")
            )
        };
        let (user, order) = (find("user")?, find("order")?);
        let dashboard = match programs {
            Programs::Services => None,
            Programs::WithDashboard => Some(find("dashboard")?),
        };
        Ok(Self { user, order, dashboard })
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
        let missing =
            |programs| Binaries::in_directory(&release, programs).unwrap_err().to_string();
        let error = missing(Programs::Services);
        assert!(error.contains("release/order"), "{error}");
        assert!(error.ends_with("cargo build --release --bin user --bin order"), "{error}");
        std::fs::write(release.join("order"), "").unwrap();
        assert_eq!(Binaries::in_directory(&release, Programs::Services).unwrap().dashboard, None);
        let error = missing(Programs::WithDashboard);
        assert!(error.contains("release/dashboard"), "{error}");
        assert!(error.ends_with("--bin user --bin order --bin dashboard"), "{error}");
    }
}
