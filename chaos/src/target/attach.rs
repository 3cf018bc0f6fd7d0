use anyhow::{Context, bail, ensure};

use super::container_body::Attached;
use super::token::token;
use super::{Journal, Member, Project, Ready, RunDir, Service, Site, Turn, http};
use crate::experiment::{Group, PerGroup, Role};
use crate::measure::Limits;

/// The service that shows the others to people, where the project has one.
const DASHBOARD: &str = "dashboard";

impl Site {
    /// Takes the services of `project` as they run. Nothing is started, and nothing is changed
    /// before something is broken.
    ///
    /// # Errors
    ///
    /// When another run attacks the project, a service does not run or is not ready, the user service
    /// cannot be commanded as an operator does, or a fault is armed in it already.
    pub async fn attach(project: Project, journal: Journal) -> anyhow::Result<Self> {
        let turn = Turn::take(journal.directory(), project.name())?;
        let http = http::client()?;
        let members = project.members().await?;
        let user = attached(&members, Role::User, &http).await?;
        let orders = PerGroup {
            guarded: attached(&members, Role::Order(Group::Guarded), &http).await?,
            bare: attached(&members, Role::Order(Group::Bare), &http).await?,
        };
        let token = token(&member(&members, Role::User)?.container).await?;
        let dashboard_url =
            members.iter().find(|member| member.service == DASHBOARD).and_then(Member::url);
        let run_dir = RunDir::create(&journal)?;
        let site = Self {
            dashboard: None,
            user,
            orders,
            http,
            token,
            run_dir,
            dashboard_url,
            project: Some(project),
            _turn: Some(turn),
            // The stores of the orders are looked at, that of the users is not.
            stops: vec![Role::Order(Group::Guarded), Role::Order(Group::Bare)],
            journal,
        };
        site.check_unarmed().await?;
        Ok(site)
    }

    /// Looks for a fault of somebody else in the user service. A run would measure it as the
    /// baseline, and take it away with its own.
    async fn check_unarmed(&self) -> anyhow::Result<()> {
        let operators = self.flag()?;
        let flags = operators.armed().await?;
        ensure!(
            flags.is_empty(),
            "a fault is armed in the user service already, by the flag {}; switch it off, or wait \
             until it expires",
            flags.join(", ")
        );
        // A command arms without a flag.
        let switches = operators.switches().await?.into_iter();
        let switches = switches.filter(|switch| switch.status.armed.is_some());
        let switches: Vec<_> = switches.map(|switch| switch.policy).collect();
        ensure!(
            switches.is_empty(),
            "a fault is armed in the user service already, by a command to the policy {}; disarm \
             it, or wait until it expires",
            switches.join(", ")
        );
        Ok(())
    }
}

fn member(members: &[Member], role: Role) -> anyhow::Result<&Member> {
    let found = members.iter().find(|member| member.service == role.service());
    found.with_context(|| format!("the project has no container of the service {}", role.service()))
}

/// The service with `role`, once it is ready.
async fn attached(
    members: &[Member],
    role: Role,
    http: &reqwest::Client,
) -> anyhow::Result<Service> {
    let Member { container, state, .. } = member(members, role)?;
    if !state.running {
        bail!(
            "the {} does not run (its last exit code is {}); `docker compose up --detach` must \
             run first",
            container.which(),
            state.exit_code
        );
    }
    let state = container.ready(http).await?;
    let address = state.address.context("a service that is ready was reached somewhere")?;
    let (name, limits) = match role {
        Role::User => ("user".to_owned(), None),
        Role::Order(group) => (format!("{group} order"), limits(&container.output().await?)),
    };
    let attached = Attached::new(name, container.clone(), http.clone(), state.started);
    Ok(Service::of_container(attached, address, state.operators, limits))
}

/// The limits in the last ready line of `output`, which has one for each start.
fn limits(output: &str) -> Option<Limits> {
    output.lines().rev().find_map(|line| Ready::parse(line).ok())?.limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fake::FakeSite;

    #[tokio::test]
    async fn a_service_in_which_a_fault_is_armed_is_not_attacked_whatever_has_armed_it() {
        let fake = FakeSite::start().await;
        fake.site.check_unarmed().await.unwrap();

        fake.arm();
        let error = fake.site.check_unarmed().await.unwrap_err().to_string();
        assert!(error.contains("already, by a command to the policy user;"), "{error}");

        fake.arm_by_flag("another");
        let error = fake.site.check_unarmed().await.unwrap_err().to_string();
        assert!(error.contains("already, by the flag another;"), "{error}");

        fake.disarm();
        fake.site.check_unarmed().await.unwrap();
    }

    #[test]
    fn the_limits_are_those_of_the_last_start() {
        let output = r#"{"service":"order","listening":"0.0.0.0:5002","limits":{"attempts":3}}
{"service":"order","listening":"0.0.0.0:5002","limits":{"attempts":4}}
{"level":"info","message":"stopping"}
"#;
        assert_eq!(limits(output).unwrap().to_string(), "attempts 4");
        assert_eq!(limits("no such line"), None);
    }
}
