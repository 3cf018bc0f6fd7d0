use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::bail;

use crate::experiment::Role;

/// The project of a container.
pub(super) const PROJECT: &str = "com.docker.compose.project";
/// The service of a container in its project.
const SERVICE: &str = "com.docker.compose.service";
/// `True` on the containers of `docker compose run`, which are no part of the project.
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// What a project must have to be attacked.
const NEEDED: [&str; 3] = [Role::ALL[2].service(), Role::ALL[0].service(), Role::ALL[1].service()];

/// A container by its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Labelled {
    pub(super) project: String,
    pub(super) service: String,
    pub(super) id: String,
    pub(super) running: bool,
}

impl Labelled {
    /// Reads the labels of the container `id`; `None`: it belongs to no project.
    pub(super) fn of(labels: &HashMap<String, String>, id: String, running: bool) -> Option<Self> {
        let one_off = labels.get(ONE_OFF).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let (project, service) = (labels.get(PROJECT)?.clone(), labels.get(SERVICE)?.clone());
        (!one_off).then_some(Self { project, service, id, running })
    }
}

/// Chooses the project that is called `wanted`, or the only one that could be meant.
///
/// One that could be meant has every service that is needed, and a container that runs: a
/// project that was stopped is not offered, but may be named.
///
/// # Errors
///
/// When none or more than one is left; the text says what to do.
pub(super) fn choose(containers: &[Labelled], wanted: Option<&str>) -> anyhow::Result<String> {
    let mut projects: BTreeMap<&str, (BTreeSet<&str>, bool)> = BTreeMap::new();
    for container in containers {
        let (services, runs) = projects.entry(&container.project).or_default();
        services.insert(&container.service);
        *runs |= container.running;
    }
    let complete = |services: &BTreeSet<&str>| NEEDED.iter().all(|name| services.contains(name));
    if let Some(wanted) = wanted {
        return match projects.get(wanted) {
            Some((services, _)) if complete(services) => Ok(wanted.to_owned()),
            Some((services, _)) => bail!(
                "the project {wanted} has the services {}, expected {} among them",
                list(services.iter().copied()),
                list(NEEDED)
            ),
            None => bail!(
                "there is no compose project called {wanted}; start it with \
                 `docker compose up --detach`"
            ),
        };
    }
    let found = projects.iter().filter(|(_, (services, runs))| *runs && complete(services));
    let found: Vec<_> = found.map(|(name, _)| *name).collect();
    match found[..] {
        [only] => Ok(only.to_owned()),
        [] => bail!(
            "no compose project with the services {} runs; `docker compose up --detach` must run \
             first",
            list(NEEDED)
        ),
        _ => bail!(
            "several compose projects could be meant: {}; choose one with --project NAME",
            list(found)
        ),
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str, services: &[&str], running: bool) -> Vec<Labelled> {
        let container = |service: &&str| Labelled {
            project: name.to_owned(),
            service: (*service).to_owned(),
            id: format!("{name}-{service}"),
            running,
        };
        services.iter().map(container).collect()
    }

    fn refused(containers: &[Labelled], wanted: Option<&str>) -> String {
        choose(containers, wanted).unwrap_err().to_string()
    }

    #[test]
    fn the_only_project_that_runs_all_services_is_chosen() {
        let mut all = project("shop", &["dashboard", "order-bare", "order-guarded", "user"], true);
        all.extend(project("other", &["user", "order"], true));
        all.extend(project("stopped", &NEEDED, false));
        assert_eq!(choose(&all, None).unwrap(), "shop");
        assert_eq!(choose(&all, Some("stopped")).unwrap(), "stopped");
    }

    #[test]
    fn without_a_project_the_command_that_starts_one_is_named() {
        assert_eq!(NEEDED, ["user", "order-guarded", "order-bare"]);
        let text = refused(&project("stopped", &NEEDED, false), None);
        assert!(text.contains("`docker compose up --detach` must run first"), "{text}");
        assert!(text.contains("user, order-guarded, order-bare"), "{text}");
        assert!(refused(&[], Some("shop")).contains("no compose project called shop"));
        let text = refused(&project("half", &["user"], true), Some("half"));
        assert!(text.contains("the project half has the services user"), "{text}");
    }

    #[test]
    fn several_projects_are_listed_with_the_flag_that_chooses() {
        let mut all = project("a", &NEEDED, true);
        all.extend(project("b", &NEEDED, true));
        let text = refused(&all, None);
        assert!(text.contains("a, b; choose one with --project NAME"), "{text}");
        assert_eq!(choose(&all, Some("b")).unwrap(), "b");
    }

    #[test]
    fn a_container_without_the_labels_or_of_a_single_command_belongs_to_no_project() {
        let labels = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Labelled::of(&pairs.collect(), "1".to_owned(), true)
        };
        let (project, service) = ((PROJECT, "shop"), (SERVICE, "user"));
        assert_eq!(labels(&[project, service]).unwrap().service, "user");
        assert!(labels(&[project, service, (ONE_OFF, "False")]).is_some());
        assert_eq!(labels(&[project, service, (ONE_OFF, "True")]), None);
        assert_eq!(labels(&[project]), None);
        assert_eq!(labels(&[]), None);
    }
}
