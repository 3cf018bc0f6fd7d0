use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::binaries::is_release;
use super::{Journal, Process, Programs};

/// Builds `programs` with `cargo`, in the profile that `directory` is named after.
///
/// Without `--package`, so that features are unified as in the build of this tool and every
/// dependency that it compiled is used again. Cargo's own progress goes to standard error.
///
/// # Errors
///
/// When no workspace is found above the current directory, or the build fails.
pub async fn compile(
    cargo: &OsStr,
    directory: &Path,
    programs: Programs,
    journal: &Journal,
) -> anyhow::Result<()> {
    let root = workspace_root()?;
    let mut command = Command::new(cargo);
    command.arg("build");
    if is_release(directory) {
        command.arg("--release");
    }
    command.args(programs.cargo_args()).current_dir(root).stdout(Stdio::null());
    let mut build = Process::spawn(command, journal)?;
    let status = build.end().await;
    if !status.success() {
        bail!("the services could not be built: cargo ended with {status}");
    }
    Ok(())
}

/// The directory with the workspace's manifest, at or above the package that cargo runs or
/// the current directory.
fn workspace_root() -> anyhow::Result<PathBuf> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => PathBuf::from(package),
        None => std::env::current_dir().context("cannot tell the current directory")?,
    };
    let root = start.ancestors().find(|directory| is_workspace(directory));
    let root = root.with_context(|| {
        format!("expected a cargo workspace at or above {}, found none", start.display())
    })?;
    Ok(root.to_owned())
}

fn is_workspace(directory: &Path) -> bool {
    let manifest = std::fs::read_to_string(directory.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}
