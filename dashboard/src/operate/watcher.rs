//! One service as one page sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Interval, MissedTickBehavior, interval},
};

use super::{
    admin::Admin,
    changes::Changes,
    message::{Line, drawn},
    seen::Seen,
};
use crate::{
    model::{Flagged, Operated, Refusal},
    view::operate::{Topic, standing_region},
};

/// How often a service is asked.
const EVERY: Duration = Duration::from_secs(1);

/// Asks one service for one page.
#[derive(Debug)]
pub(super) struct Watcher {
    topic: Topic,
    build: Arc<str>,
    number: usize,
    admin: Admin,
    changes: Changes,
    ticks: Interval,
    /// The ids of the articles that the page has.
    sent: BTreeSet<String>,
    /// The token is not known: asking again would only try it again.
    shut_out: Option<Refusal>,
    /// The page's place, which it keeps for as long as a service may answer it.
    place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Watcher {
    pub(super) fn new(
        topic: Topic,
        build: Arc<str>,
        number: usize,
        admin: Admin,
        place: Arc<OwnedSemaphorePermit>,
    ) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (changes, sent) = (Changes::default(), BTreeSet::new());
        let (shut_out, place) = (None, Some(place));
        Self { topic, build, number, admin, changes, ticks, sent, shut_out, place }
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

    async fn look(&mut self) -> Result<Seen, Refusal> {
        let open =
            async { if self.changes.is_open() { None } else { Some(self.admin.events().await) } };
        let (kind, faults) = match self.topic {
            Topic::Policies => (None, false),
            Topic::Faults => (Some("fault"), true),
        };
        let flags = async { if faults { self.admin.flags().await } else { Ok(None) } };
        let (page, flags, opened) = tokio::join!(self.admin.policies(kind), flags, open);
        // Kept also where the policies come too late: another would take another place over there.
        let deaf = match opened {
            Some(Ok(stream)) => {
                self.changes.open(stream);
                None
            }
            Some(Err(refusal)) => Some(refusal),
            None => None,
        };
        let both = page.and_then(|page| Ok((page, flags?)));
        let (page, flags) = both.inspect_err(|refusal| {
            if refusal.is_of_the_token() {
                self.shut_out = Some(refusal.clone());
                self.place = None;
            }
        })?;
        let changes = self.changes.at(Instant::now());
        let operated = Operated { policies: page.policies, total: page.total, changes, deaf };
        Ok(match self.topic {
            Topic::Policies => Seen::Policies(operated),
            Topic::Faults => Seen::Faults(Flagged { flags, operated }),
        })
    }

    fn line(&mut self, seen: &Result<Seen, Refusal>) -> Bytes {
        let (number, who) = (self.number, self.admin.target.name.as_str());
        let regions = match seen {
            Ok(seen) => seen.regions(number, who),
            Err(refusal) => vec![standing_region(number, who, Err(refusal))],
        };
        let mut line = Line {
            build: &self.build,
            service: number,
            regions: regions.into_iter().map(|(id, html)| (id, html.into_string())).collect(),
            order: None,
            articles: BTreeMap::new(),
        };
        if let Ok(seen) = seen {
            let mut order = Vec::new();
            for piece in seen.pieces(number, who) {
                let id = piece.id();
                if self.sent.insert(id.clone()) {
                    line.articles.insert(id.clone(), piece.whole().into_string());
                }
                // Also of an article that the page may have from a stream before.
                line.regions.extend(drawn(&*piece));
                order.push(id);
            }
            // One that comes back is sent anew: the page has taken it away.
            self.sent.retain(|id| order.contains(id));
            line.order = Some(order);
        }
        let mut json = serde_json::to_vec(&line).expect("it has only texts and numbers");
        // JSON has no line ends outside of its texts, and those it escapes.
        json.push(b'\n');
        json.into()
    }
}
