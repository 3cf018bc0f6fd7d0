//! One service as one page sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::{admin::Admin, changes::Changes, message::Line};
use crate::{
    model::{Operated, Refusal},
    view::operate::{Article, changes_region, standing_region},
};

/// How often a service is asked.
const EVERY: Duration = Duration::from_secs(1);

/// Asks one service for one page.
#[derive(Debug)]
pub(super) struct Watcher {
    build: Arc<str>,
    number: usize,
    admin: Admin,
    changes: Changes,
    ticks: Interval,
    /// The policies whose articles the page has.
    sent: BTreeSet<u64>,
    /// The token is not known: asking again would only try it again.
    shut_out: Option<Refusal>,
}

impl Watcher {
    pub(super) fn new(build: Arc<str>, number: usize, admin: Admin) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (changes, sent) = (Changes::default(), BTreeSet::new());
        Self { build, number, admin, changes, ticks, sent, shut_out: None }
    }

    /// The next line, a second after the one before.
    pub(super) async fn next(&mut self) -> Bytes {
        loop {
            tokio::select! {
                _ = self.ticks.tick() => break,
                () = self.changes.read() => {}
            }
        }
        let seen = match &self.shut_out {
            Some(refusal) => Err(refusal.clone()),
            None => self.look().await,
        };
        self.line(&seen)
    }

    async fn look(&mut self) -> Result<Operated, Refusal> {
        let open =
            async { if self.changes.is_open() { None } else { Some(self.admin.events().await) } };
        let (page, opened) = tokio::join!(self.admin.policies(), open);
        let page = page.inspect_err(|refusal| {
            if refusal.is_of_the_token() {
                self.shut_out = Some(refusal.clone());
            }
        })?;
        let deaf = match opened {
            Some(Ok(stream)) => {
                self.changes.open(stream);
                None
            }
            Some(Err(refusal)) => Some(refusal),
            None => None,
        };
        let changes = self.changes.at(Instant::now());
        Ok(Operated { policies: page.policies, total: page.total, changes, deaf })
    }

    fn line(&mut self, seen: &Result<Operated, Refusal>) -> Bytes {
        let (number, who) = (self.number, self.admin.target.name.as_str());
        let (id, html) = standing_region(number, who, seen.as_ref());
        let mut line = Line {
            build: &self.build,
            service: number,
            regions: BTreeMap::from([(id, html.into_string())]),
            order: None,
            articles: BTreeMap::new(),
        };
        if let Ok(operated) = seen {
            let (id, html) = changes_region(number, operated);
            line.regions.insert(id, html.into_string());
            let mut order = Vec::new();
            for policy in &operated.policies {
                let article = Article::new(number, who, policy);
                if self.sent.insert(policy.id) {
                    line.articles.insert(article.id(), article.whole().into_string());
                }
                // Also of an article that the page may have from a stream before.
                line.regions.extend(article.regions().map(|(id, html)| (id, html.into_string())));
                order.push(article.id());
            }
            // One that comes back is sent anew: the page has taken it away.
            self.sent.retain(|id| operated.policies.iter().any(|policy| policy.id == *id));
            line.order = Some(order);
        }
        let mut json = serde_json::to_vec(&line).expect("it has only texts and numbers");
        // JSON has no line ends outside of its texts, and those it escapes.
        json.push(b'\n');
        json.into()
    }
}
