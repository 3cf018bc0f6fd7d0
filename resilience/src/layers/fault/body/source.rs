use http::{Request, Response};

use super::super::{
    counted, place::Place, settings::Settings, signal::Reach, target::HttpTarget, whom::Lot,
};
use super::Damage;
use crate::{meter::Meter, time::Entry};

/// Decides which bodies are hit.
#[derive(Clone, Debug)]
pub(super) struct Source {
    settings: Settings<HttpTarget>,
    meter: &'static Meter,
}

impl Source {
    pub(super) fn new(settings: &Settings<HttpTarget>) -> Self {
        Self { settings: settings.clone(), meter: counted::meter(settings.name) }
    }

    /// What the body of the answer to `request` is going to meet.
    pub(super) fn damage<A>(&self, request: &Request<A>) -> Damage {
        if !self.settings.switch.signal().is_for(Reach::Bodies) {
            return Damage::default();
        }
        self.drawn(request).unwrap_or_default()
    }

    #[cold]
    fn drawn<A>(&self, request: &Request<A>) -> Option<Damage> {
        let Settings { name, switch, target, listeners } = &self.settings;
        let plan = switch.plan(Entry::open().now(), Reach::Bodies)?;
        let is_hit = match plan.whom().lot::<_, Response<()>>(target, request) {
            Lot::Spared => false,
            Lot::Chance => plan.hits(|| switch.draw()),
            Lot::Drawn(number) => plan.hits(|| number),
        };
        if !is_hit {
            return None;
        }
        let place = Place::take(switch, &plan)?;
        counted::count(self.meter, *name, plan.fault(), listeners);
        Some(Damage::of(plan.fault(), place))
    }
}
