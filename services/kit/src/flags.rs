//! Feature flags that arm faults in this process.

use std::path::PathBuf;
#[cfg(feature = "fault-injection")]
use std::time::Duration;

use clap::Args;
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
        match &self.fault_flags {
            Some(path) => Err(BadConfig(format!(
                "--fault-flags is {}, but this build has no fault injection",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}
