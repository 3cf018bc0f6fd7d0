use std::env::{current_exe, var_os};
use std::io::{Write, stdout};
use std::sync::Arc;

use anyhow::Context;

use super::args::{DemoArgs, GuardedLayer};
use super::exit::Exit;
use super::progress::Shown;
use crate::engine::{self, Progress};
use crate::experiment::{Experiment, Group, Pace, PerGroup, Phase};
use crate::fault::{Fault, resolve};
use crate::measure::{Event, Limits};
use crate::probe::stored;
use crate::report::{Facts, ReportFile, assemble, html, render};
use crate::target::{Binaries, Journal, Site, SiteOptions, compile, state_dir};

/// Runs the demo and tells its verdict.
pub(super) async fn demo(args: DemoArgs) -> anyhow::Result<Exit> {
    let pace = if args.quick { Pace::Quick } else { Pace::Full };
    let seed = args.seed.unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let experiment = Arc::new(Experiment::demo(pace, args.rate, seed));
    let faults = faults(&experiment)?;

    // Everything that can be wrong without a service is found before one is started.
    let journal = Journal::open(&state_dir())?;
    let html_path = html::beside(&args.report)?;
    let file = ReportFile::reserve(&args.report, &journal)?;
    let html_file = ReportFile::reserve(&html_path, &journal)?;
    let options = SiteOptions {
        binaries: binaries(&args, &journal).await?,
        without: args.without.iter().copied().map(GuardedLayer::name).collect(),
        order_args: args.order_arg.clone(),
    };
    let without = options.without.clone();

    let started_at = jiff::Timestamp::now();
    let shown = Arc::new(Shown::new(experiment.length()));
    let progress: Arc<dyn Progress> = Arc::<Shown>::clone(&shown);
    let mut site = Site::start(options, journal).await?;
    let limits = site.orders.guarded.limits().cloned();
    announce(&experiment, limits.as_ref(), progress.as_ref());
    let mut recording = engine::run(&experiment, &faults, &mut site, &progress).await?;
    progress.note("all phases are done; the services drain and stop");
    for breakdown in site.stop().await {
        progress.note(&format!("warning: {breakdown}"));
        recording.events.push(Event::new(experiment.length(), breakdown.to_string()));
        recording.broke_down(breakdown);
    }
    let stored = PerGroup {
        guarded: stored(&site.order_database(Group::Guarded)).await?,
        bare: stored(&site.order_database(Group::Bare)).await?,
    };
    drop(site);
    shown.finish();

    let facts = Facts {
        started_at,
        without,
        limits,
        faults: faults.iter().map(|fault| Some(fault.as_ref()?.describe())).collect(),
    };
    let report = assemble(&experiment, recording, &stored, facts);
    let json = serde_json::to_vec_pretty(&report).context("a report is valid JSON")?;
    file.write(&json)?;
    html_file.write(html::render(&report).as_bytes())?;
    let shown = if args.json {
        String::from_utf8(json).context("JSON is UTF-8")?
    } else {
        let (json, html) = (args.report.display(), html_path.display());
        format!("{}report: {json}, as a page: {html}", render(&report))
    };
    writeln!(stdout(), "{shown}").context("cannot write the result")?;
    Ok(report.verdict().into())
}

/// The fault of each phase, checked.
fn faults(experiment: &Experiment) -> anyhow::Result<Vec<Option<Box<dyn Fault>>>> {
    let fault = |phase: &Phase| phase.fault.as_ref().map(resolve).transpose();
    experiment.phases.iter().map(fault).collect()
}

/// The services beside this program, built first when cargo runs it.
async fn binaries(args: &DemoArgs, journal: &Journal) -> anyhow::Result<Binaries> {
    let own = current_exe().context("cannot tell where this program is")?;
    let directory = own.parent().context("a program is in a directory")?;
    if let Some(cargo) = var_os("CARGO")
        && !args.no_build
    {
        compile(&cargo, directory, journal).await?;
    }
    Binaries::in_directory(directory)
}

fn announce(experiment: &Experiment, limits: Option<&Limits>, progress: &dyn Progress) {
    let Experiment { rate, seed, .. } = experiment;
    let seconds = experiment.length().as_secs();
    progress.note(&format!(
        "{rate} orders/s at each of two order services for {seconds} s, seed {seed}"
    ));
    let limits = limits.map_or_else(|| "not told".to_owned(), ToString::to_string);
    progress.note(&format!("limits of the guarded service: {limits}"));
}
