use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Fleet, Member};
use crate::experiment::Role;
use crate::target::{Project, http_client};

impl Fleet for Project {
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>> {
        async move {
            let found = self.members().await?.into_iter();
            let known = found.filter(|member| is_known(&member.service));
            let mut members: Vec<_> = known
                .map(|member| Member {
                    url: member.url(),
                    runs: member.state.running,
                    name: member.service,
                })
                .collect();
            // A service without a container is no less missed than one that was killed.
            for role in Role::ALL {
                if members.iter().all(|member| member.name != role.service()) {
                    let name = role.service().to_owned();
                    members.push(Member { name, url: None, runs: false });
                }
            }
            members.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(members)
        }
        .boxed()
    }

    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async move { self.member(member).await?.container.kill().await }.boxed()
    }

    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async move {
            let container = self.member(member).await?.container;
            container.start(&http_client()?).await?;
            Ok(())
        }
        .boxed()
    }
}

/// Whether a service is a part of the demo, and not one that looks at it, such as Prometheus.
fn is_known(service: &str) -> bool {
    service == Member::DASHBOARD || Role::ALL.iter().any(|role| role.service() == service)
}

#[cfg(test)]
mod tests {
    use super::super::Checkup;
    use super::*;
    use crate::target::fake_engine::FakeEngine;

    async fn members(project: &Project) -> Vec<(String, bool)> {
        let members = Fleet::members(project).await.unwrap().into_iter();
        members.map(|member| (member.name, member.runs)).collect()
    }

    #[tokio::test]
    async fn a_service_without_a_container_is_a_dead_member() {
        let engine = FakeEngine::start().await;
        let project = engine.project().await;
        let expected = |user| {
            [("order-bare", false), ("order-guarded", false), ("user", user)]
                .map(|(name, runs)| (name.to_owned(), runs))
        };
        assert_eq!(members(&project).await, expected(true));
        engine.remove();
        assert_eq!(members(&project).await, expected(false));
        assert!(Fleet::members(&project).await.unwrap().iter().all(|member| member.url.is_none()));
    }

    #[tokio::test]
    async fn what_was_removed_cannot_be_started_and_fails_the_round() {
        let engine = FakeEngine::start().await;
        let project = engine.project().await;
        engine.remove();
        let round = Checkup::new(true).unwrap().round(&project).await.unwrap();
        assert!(!round.healthy() && round.met_the_dead());
        let line = round.checks[2].to_string();
        assert!(line.contains("could not be started again: the project shop has no"), "{line}");
    }

    #[tokio::test]
    async fn a_dead_container_is_killed_and_started_through_its_engine() {
        let engine = FakeEngine::start().await;
        let project = engine.project().await;
        Fleet::kill(&project, "user").await.unwrap();
        assert!(!members(&project).await[2].1);
        Fleet::start(&project, "user").await.unwrap();
        assert!(members(&project).await[2].1);
        assert_eq!(engine.calls(), ["kill", "start"]);
    }

    #[test]
    fn the_members_are_the_services_and_the_dashboard() {
        let services = ["dashboard", "order-bare", "order-guarded", "prometheus", "user"];
        let known: Vec<_> = services.into_iter().filter(|service| is_known(service)).collect();
        assert_eq!(known, ["dashboard", "order-bare", "order-guarded", "user"]);
    }
}
