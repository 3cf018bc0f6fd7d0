//! Feature flags that arm faults in this process.

use std::path::PathBuf;
#[cfg(feature = "fault-injection")]
use std::time::Duration;

use clap::Args;
#[cfg(feature = "fault-injection")]
pub use resilience::flags::header::FaultKey;
#[cfg(feature = "fault-injection")]
use resilience::flags::{EnvFlags, FileFlags, FlagSource, Flags};

use crate::process::BadConfig;

/// The variable that holds flags as JSON.
#[cfg(feature = "fault-injection")]
const VARIABLE: &str = "FAULT_FLAGS";

/// How often the file is read.
#[cfg(feature = "fault-injection")]
const EVERY: Duration = Duration::from_millis(250);

/// Where flags for faults come from, besides operators.
#[derive(Args, Clone, Debug, Default)]
pub struct FaultFlags {
    /// TOML or .json file with feature flags that arm faults; followed while it runs. The variable
    /// `FAULT_FLAGS` may hold others, as JSON [default: none]
    #[arg(long, env = "FAULT_FLAGS_FILE", value_name = "PATH")]
    pub fault_flags: Option<PathBuf>,

    /// File with the key, of at least 16 bytes, under which callers sign the header `x-fault-plan`
    /// [default: no such header is followed]
    #[arg(long, env = "FAULT_KEY_FILE", value_name = "PATH")]
    pub fault_key_file: Option<PathBuf>,
}

#[cfg(feature = "fault-injection")]
impl FaultFlags {
    /// The flags of this process, which follow file and environment from here on.
    ///
    /// # Errors
    ///
    /// One of them is wrong, with all its mistakes.
    pub(crate) async fn start(&self) -> Result<Flags, BadConfig> {
        let flags = Flags::new();
        if let Some(path) = &self.fault_flags {
            let is_json = path.extension().is_some_and(|extension| extension == "json");
            let file = if is_json {
                FileFlags::json(path)
            } else {
                FileFlags::new(path, |text| toml::from_str(text).map_err(|error| error.to_string()))
            };
            follow(&flags, file).await?;
        }
        if std::env::var_os(VARIABLE).is_some() {
            follow(&flags, EnvFlags::new(VARIABLE)).await?;
        }
        Ok(flags)
    }
}

#[cfg(feature = "fault-injection")]
impl FaultFlags {
    /// The key of trusted callers, if there is one; without the line end of its file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the key is too short.
    pub fn key(&self) -> Result<Option<FaultKey>, BadConfig> {
        let Some(path) = &self.fault_key_file else { return Ok(None) };
        let told = |why: &dyn std::fmt::Display| {
            BadConfig(format!("--fault-key-file is {}: {why}", path.display()))
        };
        let key = std::fs::read(path).map_err(|error| told(&error))?;
        FaultKey::new(key.trim_ascii_end()).map(Some).map_err(|error| told(&error))
    }
}

/// Has `flags` follow `source`, which must be right at first.
#[cfg(feature = "fault-injection")]
async fn follow(flags: &Flags, mut source: impl FlagSource + 'static) -> Result<(), BadConfig> {
    let first = source.flags().await;
    let first =
        first.map_err(|error| BadConfig(format!("fault flags of {}: {error}", source.name())))?;
    flags.put(source.name(), first);
    tokio::spawn(flags.clone().follow(source, EVERY));
    Ok(())
}

#[cfg(not(feature = "fault-injection"))]
impl FaultFlags {
    /// Nothing: this build injects no faults.
    ///
    /// # Errors
    ///
    /// Flags were given.
    pub(crate) fn refuse(&self) -> Result<(), BadConfig> {
        if std::env::var_os("FAULT_FLAGS").is_some() {
            let what = "the variable FAULT_FLAGS is set, but this build has no fault injection";
            return Err(BadConfig(what.to_owned()));
        }
        let given = [("flags", &self.fault_flags), ("key-file", &self.fault_key_file)];
        match given.into_iter().find_map(|(option, path)| Some((option, path.as_ref()?))) {
            Some((option, path)) => Err(BadConfig(format!(
                "--fault-{option} is {}, but this build has no fault injection",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}
