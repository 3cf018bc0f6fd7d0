use std::io::{Write, stdout};
use std::sync::Arc;

use anyhow::Context;

use super::args::{DemoArgs, GuardedLayer};
use super::exit::Exit;
use super::found::Found;
use super::progress::Shown;
use crate::engine::{self, Progress};
use crate::experiment::{Experiment, Group, Pace, PerGroup, Phase};
use crate::fault::{Fault, resolve};
use crate::measure::{Event, Tag};
use crate::probe::stored;
use crate::report::{Facts, ReportFile, Target, assemble, html, render};
use crate::target::{Journal, Site, state_dir};

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
    let found = Found::new(&args, &journal).await?;

    let started_at = jiff::Timestamp::now();
    let tag = Tag::draw();
    let shown = Arc::new(Shown::new(experiment.length()));
    let progress: Arc<dyn Progress> = Arc::<Shown>::clone(&shown);
    let mut site = found.site(journal).await?;
    let target = target(&site, &tag);
    let limits = site.orders.guarded.limits().cloned();
    announce(&experiment, &site, &target, progress.as_ref());
    let mut recording = engine::run(&experiment, &faults, &mut site, &tag, &progress).await?;
    progress.note("all phases are done; the services drain and stop");
    if let Err(error) = site.stop_dashboard().await {
        progress.note(&format!("warning: the dashboard: {error:#}"));
    }
    for breakdown in site.stop().await {
        progress.note(&format!("warning: {breakdown}"));
        recording.events.push(Event::new(experiment.length(), breakdown.to_string()));
        recording.broke_down(breakdown);
    }
    let stored = PerGroup {
        guarded: stored(&site.order_database(Group::Guarded).await?).await?,
        bare: stored(&site.order_database(Group::Bare).await?).await?,
    };
    // What does not come up stays in the journal; the command tells of it when it settles.
    site.leave().await;
    drop(site);
    shown.finish();

    let facts = Facts {
        started_at,
        target,
        without: args.without.iter().copied().map(GuardedLayer::name).collect(),
        limits,
        faults: faults.iter().map(|fault| Some(fault.as_ref()?.describe())).collect(),
    };
    let report = assemble(&experiment, recording, stored, facts);
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

/// What the report says of `site`.
fn target(site: &Site, tag: &Tag) -> Target {
    match site.project() {
        Some(project) => Target::Compose { project: project.name().to_owned(), tag: tag.clone() },
        None => Target::Local,
    }
}

fn announce(experiment: &Experiment, site: &Site, target: &Target, progress: &dyn Progress) {
    let Experiment { rate, seed, .. } = experiment;
    let seconds = experiment.length().as_secs();
    progress.note(&format!(
        "{rate} orders/s at each of two order services for {seconds} s, seed {seed}"
    ));
    if *target != Target::Local {
        progress.note(&format!("target: {target}"));
    }
    if let Some(url) = site.dashboard_url() {
        progress.note(&format!("dashboard: {url}"));
        if let Some(token) = site.token_file() {
            let token = token.display();
            progress.note(&format!("policies: {url}/policies, with the token in {token}"));
        }
    }
    let limits = site.orders.guarded.limits();
    let limits = limits.map_or_else(|| "not told".to_owned(), ToString::to_string);
    progress.note(&format!("limits of the guarded service: {limits}"));
}
