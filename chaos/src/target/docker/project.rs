use std::collections::HashMap;

use anyhow::{Context, bail};
use bollard::models::ContainerSummaryStateEnum;
use bollard::query_parameters::ListContainersOptions;

use super::engine::told;
use super::labels::{Labelled, PROJECT, choose};
use super::{Container, ContainerRef, Engine, State};

/// A Compose project, by the labels of its containers.
#[derive(Clone, Debug)]
pub struct Project {
    engine: Engine,
    name: String,
}

/// A service of a project, as it stands.
#[derive(Clone, Debug)]
pub struct Member {
    /// The service's name.
    pub service: String,
    /// Its container.
    pub container: Container,
    /// How that stands.
    pub state: State,
}

impl Member {
    /// The URL of the service on this machine; `None`: it does not run or publishes no port.
    pub fn url(&self) -> Option<String> {
        self.state.address.map(|address| format!("http://{address}"))
    }
}

impl Project {
    /// Finds the project called `name`, or the only one that runs the services of the demo.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked, or none or several projects are found; the text says
    /// what to do.
    pub async fn find(name: Option<&str>) -> anyhow::Result<Self> {
        let engine = Engine::connect().await?;
        let name = choose(&labelled(&engine).await?, name)?;
        Ok(Self { engine, name })
    }

    /// The project called `name` at `engine`.
    #[cfg(test)]
    pub(in crate::target) const fn at(engine: Engine, name: String) -> Self {
        Self { engine, name }
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every service with its container, sorted by name.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked, or a service has several containers.
    pub async fn members(&self) -> anyhow::Result<Vec<Member>> {
        let mut members: Vec<Member> = Vec::new();
        for found in labelled(&self.engine).await? {
            if found.project != self.name {
                continue;
            }
            let which = ContainerRef {
                engine: self.engine.address().to_owned(),
                project: found.project,
                service: found.service.clone(),
                id: found.id,
            };
            let container = Container::new(self.engine.clone(), which);
            // One that was removed since the list was made is no member.
            let Some(state) = container.state().await? else { continue };
            members.push(Member { service: found.service, container, state });
        }
        members.sort_by(|one, other| one.service.cmp(&other.service));
        if let Some(pair) = members.windows(2).find(|pair| pair[0].service == pair[1].service) {
            bail!(
                "the service {} of the project {} has several containers, expected one",
                pair[0].service,
                self.name
            );
        }
        Ok(members)
    }

    /// The service called `service`.
    ///
    /// # Errors
    ///
    /// When the engine cannot be asked, or the project has no such service.
    pub async fn member(&self, service: &str) -> anyhow::Result<Member> {
        let found = self.members().await?.into_iter().find(|member| member.service == service);
        found.with_context(|| {
            format!("the project {} has no container of the service {service}", self.name)
        })
    }
}

/// All containers of all projects.
async fn labelled(engine: &Engine) -> anyhow::Result<Vec<Labelled>> {
    let filters = HashMap::from([("label".to_owned(), vec![PROJECT.to_owned()])]);
    let options = ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
    let listed = engine.docker.list_containers(Some(options)).await.map_err(told);
    let listed = listed.context("cannot list the containers")?;
    let found = listed.into_iter().filter_map(|container| {
        let running = container.state == Some(ContainerSummaryStateEnum::RUNNING);
        Labelled::of(&container.labels?, container.id?, running)
    });
    Ok(found.collect())
}
