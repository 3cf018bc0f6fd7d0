use std::time::Duration;

use anyhow::{Context, anyhow};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Check, Fleet, Member, Round, What, Word};
use crate::load::{OrderClient, UserClient};
use crate::measure::{Order, Outcome, Tag};

/// Looks whether a fleet is well, and starts again what is dead if it may.
#[derive(Clone, Debug)]
pub struct Checkup {
    http: reqwest::Client,
    restart: bool,
}

/// What was done about a member before it is asked.
#[derive(Debug)]
struct Start {
    member: String,
    dead: bool,
    /// How long that took.
    took: Duration,
    result: Result<(), String>,
}

/// How long a member may take to answer.
const ANSWER: Duration = Duration::from_secs(3);
/// How long an order is tried for. A breaker that opened while the user service was dead lets
/// calls through within a second after its return.
const ORDER: Duration = Duration::from_secs(5);
/// The pause before an order is tried again.
const AGAIN: Duration = Duration::from_millis(200);

impl Checkup {
    /// A checkup that starts again what is dead if `restart` says so.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be set up.
    pub fn new(restart: bool) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
        let http = http.timeout(ANSWER).build().context("cannot set up an HTTP client")?;
        Ok(Self { http, restart })
    }

    /// Puts every question once.
    ///
    /// # Errors
    ///
    /// When the fleet is gone. A member that is not well is no error.
    pub async fn round(&self, fleet: &dyn Fleet) -> anyhow::Result<Round> {
        let found = fleet.members().await?;
        let started = join_all(found.iter().map(|member| self.start(fleet, member))).await;
        // A container may have come back at another port.
        let has_changed = found.iter().any(|member| !member.runs);
        let members = if has_changed { joined(found, &fleet.members().await?) } else { found };
        let asked = members.iter().map(async |member| {
            let start = started.iter().find(|start| start.member == member.name);
            self.ready(member, start).await
        });
        let mut checks = join_all(asked).await;
        checks.extend(self.orders(&members).await);
        Ok(Round { checks })
    }

    /// Starts `member` again if it is dead.
    async fn start(&self, fleet: &dyn Fleet, member: &Member) -> Start {
        let began = Instant::now();
        let result = match (member.runs, self.restart) {
            (true, _) => Ok(()),
            (false, false) => Err("it is dead".to_owned()),
            (false, true) => fleet
                .start(&member.name)
                .await
                .map_err(|error| format!("it is dead and could not be started again: {error:#}")),
        };
        let took = began.elapsed();
        Start { member: member.name.clone(), dead: !member.runs, took, result }
    }

    async fn ready(&self, member: &Member, start: Option<&Start>) -> Check {
        let dead = start.is_some_and(|start| start.dead);
        let word = match start.map_or(Ok(()), |start| start.result.clone()) {
            Err(why) => Word::Failed { why },
            Ok(()) => match self.ask(member).await {
                Err(why) => Word::Failed { why },
                Ok(()) => match start.filter(|start| start.dead) {
                    Some(start) => Word::Restarted { took: start.took },
                    None => Word::Ok,
                },
            },
        };
        Check { member: member.name.clone(), what: What::Ready, dead, word }
    }

    async fn ask(&self, member: &Member) -> Result<(), String> {
        match self.http.get(format!("{}/health/ready", reached(member)?)).send().await {
            Ok(answer) if answer.status().as_u16() == 200 => Ok(()),
            Ok(answer) => Err(format!("it answers {}, expected 200", answer.status())),
            Err(error) if error.is_connect() => Err("it takes no connections".to_owned()),
            Err(error) if error.is_timeout() => Err(format!("no answer within {ANSWER:?}")),
            Err(_) => Err("the connection broke".to_owned()),
        }
    }

    /// Places an order with each order service, in the name of a user made for it.
    async fn orders(&self, members: &[Member]) -> Vec<Check> {
        let user = self.make_user(members).await;
        let check = async |member: &Member| {
            let word = match (reached(member), &user) {
                (Ok(url), Ok(user)) => place(url, *user).await,
                (Err(why), _) => Word::Failed { why },
                (_, Err(error)) => Word::Failed { why: format!("{error:#}") },
            };
            Check { member: member.name.clone(), what: What::Order, dead: false, word }
        };
        join_all(members.iter().filter(|member| member.takes_orders()).map(check)).await
    }

    async fn make_user(&self, members: &[Member]) -> anyhow::Result<Uuid> {
        let user = members.iter().find(|member| member.name == Member::USER);
        let url = reached(user.context("there is no user service")?);
        let url = url.map_err(|why| anyhow!("no user can be made at the user service: {why}"))?;
        let url = format!("{url}/users");
        // The cause is a sentence with an address that the line has no room for.
        let made = UserClient::new(self.http.clone(), url).make(1, &Tag::draw()).await;
        made.map_err(|error| anyhow!(error.to_string()))?.pop().context("one was asked for")
    }
}

/// The members that were `found`, as they stand `now`: one that is no longer listed is dead.
fn joined(found: Vec<Member>, now: &[Member]) -> Vec<Member> {
    let stands = |member: Member| {
        let listed = now.iter().find(|other| other.name == member.name).cloned();
        listed.unwrap_or(Member { url: None, runs: false, ..member })
    };
    found.into_iter().map(stands).collect()
}

/// The URL of `member`, or why it has none that could be asked.
fn reached(member: &Member) -> Result<&str, String> {
    if !member.runs {
        return Err("it is dead".to_owned());
    }
    member.url.as_deref().ok_or_else(|| "it publishes no port on 127.0.0.1".to_owned())
}

async fn place(url: &str, user: Uuid) -> Word {
    let client = match OrderClient::new(format!("{url}/orders"), vec![user]) {
        Ok(client) => client,
        Err(error) => return Word::Failed { why: format!("{error:#}") },
    };
    // One key for all tries: whatever became of the first, there is one order at the end.
    let key = format!("health-{}", Uuid::new_v4().simple());
    let order = Order { key, user: 0, item: "bucket".to_owned(), quantity: 1 };
    let give_up = Instant::now() + ORDER;
    loop {
        match client.place(&order, Instant::now() + ANSWER).await {
            Outcome::Acknowledged { .. } => return Word::Ok,
            // Nobody is there; whoever starts it is not waited for.
            Outcome::NoAnswer { why: why @ "not connected" } => {
                return Word::Failed { why: why.to_owned() };
            }
            Outcome::NoAnswer { why } if Instant::now() >= give_up => {
                return Word::Failed { why: format!("no answer, {why}") };
            }
            outcome if Instant::now() >= give_up => {
                return Word::Failed { why: outcome.label() };
            }
            _ => sleep(AGAIN).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use axum::{Json, Router};
    use serde_json::json;

    use super::super::fake::FakeFleet;
    use super::*;

    /// Members that are ready, and order services that refuse the first `refusals` orders.
    async fn fleet(refusals: usize) -> FakeFleet {
        let left = Arc::new(AtomicUsize::new(refusals));
        let made = || async { (StatusCode::CREATED, Json(json!({ "id": Uuid::new_v4() }))) };
        let place = move || {
            let less = |left: usize| left.checked_sub(1);
            let refused = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
            let status =
                if refused { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CREATED };
            async move { (status, Json(json!({ "id": Uuid::new_v4() }))) }
        };
        let app = Router::new()
            .route("/users", post(made))
            .route("/orders", post(place))
            .route("/health/ready", get(|| async {}));
        FakeFleet::serve(&["user", "order-bare"], app).await
    }

    fn words(round: &Round) -> Vec<String> {
        round.checks.iter().map(|check| check.word.to_string()).collect()
    }

    #[tokio::test]
    async fn a_fleet_that_is_well_answers_all_questions() {
        let round = Checkup::new(true).unwrap().round(&fleet(0).await).await.unwrap();
        assert_eq!(words(&round), ["ok"; 3]);
        assert!(!round.met_the_dead());
        assert_eq!(round.checks[2].what, What::Order);
    }

    #[tokio::test]
    async fn an_order_that_is_refused_for_a_moment_is_tried_again() {
        let round = Checkup::new(true).unwrap().round(&fleet(2).await).await.unwrap();
        assert!(round.healthy(), "{round:?}");
    }

    #[tokio::test]
    async fn the_dead_are_started_again() {
        let fleet = fleet(0).await;
        fleet.kill("order-bare").await.unwrap();
        let round = Checkup::new(true).unwrap().round(&fleet).await.unwrap();
        assert!(round.healthy() && round.met_the_dead());
        assert_eq!(round.restarts(), 1);
        assert_eq!(fleet.deeds(), ["kill order-bare", "start order-bare"]);
    }

    #[tokio::test]
    async fn whoever_only_looks_leaves_the_dead_alone() {
        let fleet = fleet(0).await;
        fleet.kill("user").await.unwrap();
        let round = Checkup::new(false).unwrap().round(&fleet).await.unwrap();
        assert!(!round.healthy());
        assert_eq!(words(&round)[0], "failed: it is dead");
        assert_eq!(fleet.deeds(), ["kill user"]);
    }

    #[tokio::test]
    async fn no_order_is_tried_at_the_dead_or_in_the_name_of_nobody() {
        let fleet = fleet(0).await;
        fleet.kill("order-bare").await.unwrap();
        let checkup = Checkup::new(false).unwrap();
        let round = checkup.round(&fleet).await.unwrap();
        assert_eq!(words(&round)[2], "failed: it is dead");
        fleet.start("order-bare").await.unwrap();
        fleet.kill("user").await.unwrap();
        let round = checkup.round(&fleet).await.unwrap();
        assert_eq!(words(&round)[2], "failed: no user can be made at the user service: it is dead");
    }

    #[tokio::test]
    async fn a_member_that_publishes_no_port_is_told_so_without_being_asked() {
        let fleet = fleet(0).await;
        fleet.change("order-bare", |member| member.url = None);
        let round = Checkup::new(true).unwrap().round(&fleet).await.unwrap();
        let expected = "failed: it publishes no port on 127.0.0.1";
        assert_eq!(words(&round)[1..], [expected, expected]);
    }

    #[tokio::test]
    async fn a_member_that_is_not_listed_after_the_starts_is_still_told_of() {
        let fleet = fleet(0).await;
        fleet.kill("order-bare").await.unwrap();
        fleet.lose_at_next_look("user");
        let round = Checkup::new(true).unwrap().round(&fleet).await.unwrap();
        assert_eq!(words(&round)[0], "failed: it is dead");
        assert_eq!(round.checks.len(), 3);
    }

    #[tokio::test]
    async fn a_start_takes_as_long_as_its_own_and_not_as_the_slowest() {
        let fleet = fleet(0).await;
        let slow = Duration::from_millis(400);
        fleet.start_slowly("user", slow);
        for name in ["user", "order-bare"] {
            fleet.kill(name).await.unwrap();
        }
        let round = Checkup::new(true).unwrap().round(&fleet).await.unwrap();
        let took = |index: usize| match round.checks[index].word {
            Word::Restarted { took } => took,
            ref other => panic!("{other:?}"),
        };
        assert!(took(0) >= slow && took(1) < slow, "{round:?}");
    }

    #[tokio::test]
    async fn a_member_that_runs_and_does_not_answer_has_failed() {
        let fleet = FakeFleet::new(&["user", "order-bare"]);
        let round = Checkup::new(true).unwrap().round(&fleet).await.unwrap();
        assert_eq!(words(&round)[0], "failed: it takes no connections");
        assert_eq!(words(&round)[2], "failed: cannot make a user");
        assert!(fleet.deeds().is_empty(), "it is not dead");
    }
}
