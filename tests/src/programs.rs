use std::env::{current_exe, var_os};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the programs are.
///
/// They are copied aside, because cargo keeps one `order` only and the sabotaged one would
/// take its place.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The directory with `chaos`, `user`, `order` and `dashboard`.
    pub plain: PathBuf,
    /// The same, with an `order` that has the feature `sabotage`.
    pub sabotaged: PathBuf,
}

const NAMES: [&str; 4] = ["chaos", "user", "order", "dashboard"];

impl Programs {
    /// Builds the programs, once in a process.
    ///
    /// # Panics
    ///
    /// When a build fails.
    pub fn built() -> &'static Self {
        static BUILT: OnceLock<Programs> = OnceLock::new();
        BUILT.get_or_init(|| {
            let own = current_exe().expect("the system tells where this program is");
            // target/<profile>/deps/<test>
            let profile = own.ancestors().nth(2).expect("a test is in the target directory");
            let sabotaged = build(profile, "sabotaged", &["--features", "order/sabotage"]);
            // Last, so that what stays in the target directory is the sound one.
            let plain = build(profile, "plain", &[]);
            Self { plain, sabotaged }
        })
    }
}

/// Builds with `options` and copies the programs into `name` below the profile's directory.
fn build(profile: &Path, name: &str, options: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above");
    let mut cargo = Command::new(var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("build").current_dir(root).args(options);
    cargo.env("CARGO_TARGET_DIR", profile.parent().expect("a profile is in the target directory"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    for name in NAMES {
        cargo.args(["--bin", name]);
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(status.success(), "{cargo:?} ended with {status}");

    let directory = profile.join("system-tests").join(name);
    fs::create_dir_all(&directory).expect("the target directory can be written");
    for name in NAMES {
        // Beside and then renamed: a program that runs cannot be overwritten.
        let copy = directory.join(format!("{name}.new"));
        fs::copy(profile.join(name), &copy).expect("a built program can be copied");
        fs::rename(&copy, directory.join(name)).expect("a copy can be renamed");
    }
    directory
}
