use std::io::{IsTerminal, stderr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{interval, sleep};
use uuid::Uuid;

use super::say::{say, time};
use crate::experiment::{Group, PerGroup};
use crate::fleet::Member;
use crate::load::{OrderClient, Tally, UserClient, trickle};
use crate::measure::Tag;

/// The orders that are placed at a demo so that there is something to see, and how they end.
///
/// The counts are shown on the last line of a terminal, and elsewhere now and then.
#[derive(Debug)]
pub(super) struct Traffic {
    rate: NonZeroU32,
    tallies: PerGroup<Arc<Tally>>,
    line: Option<ProgressBar>,
}

/// In whose name orders are placed.
const USERS: usize = 10;
/// The pause before users are asked for again, who cannot be made while their service is dead.
const AGAIN: Duration = Duration::from_secs(1);
/// How often the counts are shown on a terminal, and elsewhere.
const SHOWN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_mins(1));

impl Traffic {
    /// Orders that come `rate` times a second at each order service.
    pub(super) fn new(rate: NonZeroU32) -> Self {
        let line = stderr().is_terminal().then(line);
        Self { rate, tallies: PerGroup::default(), line }
    }

    /// Places orders without an end.
    pub(super) async fn run(
        &self,
        http: reqwest::Client,
        members: &[Member],
    ) -> anyhow::Result<()> {
        let url = |name: &str| {
            let found = members.iter().find(|member| member.name == name);
            found.and_then(|member| member.url.clone()).unwrap_or_default()
        };
        let users = make_users(&UserClient::new(http, url(Member::USER) + "/users")).await;
        let orders = async |group: Group| {
            let client = OrderClient::new(url(group.caller()) + "/orders", users.clone())?;
            trickle(client, self.rate, Arc::clone(self.tallies.of(group))).await;
            anyhow::Ok(())
        };
        let orders = async { tokio::try_join!(orders(Group::Guarded), orders(Group::Bare)) };
        tokio::select! {
            ended = orders => ended.map(drop),
            () = self.show() => Ok(()),
        }
    }

    async fn show(&self) {
        let (terminal, elsewhere) = SHOWN;
        let mut ticks = interval(if self.line.is_some() { terminal } else { elsewhere });
        // The first tick comes at once, when nothing is counted yet.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            match &self.line {
                Some(line) => line.set_message(self.counts()),
                None => self.note(&self.counts()),
            }
        }
    }

    fn counts(&self) -> String {
        let count = |tally: &Tally| format!("{}/{}", tally.acknowledged(), tally.other());
        let PerGroup { guarded, bare } = &self.tallies;
        let (guarded, bare) = (count(guarded), count(bare));
        format!("orders acknowledged/not: guarded {guarded}, bare {bare}")
    }

    /// Writes a line with the time above that of the counts.
    pub(super) fn note(&self, text: &str) {
        let text = format!("{} {text}", time());
        match &self.line {
            Some(line) => line.suspend(|| say(text)),
            None => say(text),
        }
    }

    /// Takes the line away and tells the counts once more.
    pub(super) fn finish(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
        self.note(&self.counts());
    }
}

fn line() -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} {msg}");
    let style = style.expect("the template is a constant with known fields");
    ProgressBar::new_spinner().with_style(style)
}

async fn make_users(client: &UserClient) -> Vec<Uuid> {
    loop {
        // A tag of its own for each try: a user that was made before the failure is in the way.
        match client.make(USERS, &Tag::draw()).await {
            Ok(users) => return users,
            Err(_) => sleep(AGAIN).await,
        }
    }
}
