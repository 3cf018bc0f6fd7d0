use super::exit::Exit;
use super::say::print;
use crate::doctor::{Facts, Need, diagnose};

pub(super) const EXIT_CODES: &str = "\
Signs: ✔ is there, ✘ is missing and nothing runs without it, ○ is missing for something only.

Exit codes:
    0  cargo demo can run
    1  cargo demo cannot run
  130  interrupted, by Ctrl-C or SIGTERM";

/// Options of `chaos doctor`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Prints JSON, a list of findings
    #[arg(long)]
    json: bool,
}

/// Looks around and tells what was found.
pub(super) async fn doctor(args: DoctorArgs) -> anyhow::Result<Exit> {
    let findings = diagnose(&Box::pin(Facts::gather()).await);
    if args.json {
        print(serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &findings {
            print(finding)?;
        }
    }
    let lacks = findings.iter().any(|finding| !finding.ok && finding.need == Need::Demo);
    Ok(if lacks { Exit::Unwell } else { Exit::Done })
}
