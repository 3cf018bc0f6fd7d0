use super::{BudgetConfig, BudgetKind, BudgetSettings};
use crate::{
    budget::{CostBudget, ShareBudget, TokenBudget},
    config::ConfigErrors,
    ratio::Ratio,
    settings::{
        given::{sealed::Section, table},
        human,
        value::Value,
        walk::Walk,
    },
};

impl BudgetSettings {
    pub(super) fn config(&self) -> Result<BudgetConfig, ConfigErrors> {
        match self.kind.unwrap_or_default() {
            BudgetKind::Token => {
                let default = TokenBudget::default();
                TokenBudget::builder()
                    .ttl(self.ttl.unwrap_or(default.ttl()))
                    .min_per_sec(self.min_per_sec.unwrap_or(default.min_per_sec()))
                    .ratio(self.ratio.unwrap_or(default.ratio()))
                    .build()
                    .map(BudgetConfig::Token)
            }
            BudgetKind::Share => {
                let default = ShareBudget::default();
                ShareBudget::builder()
                    .max_ratio(self.max_ratio.unwrap_or(default.max_ratio()))
                    .min_concurrency(self.min_concurrency.unwrap_or(default.min_concurrency()))
                    .build()
                    .map(BudgetConfig::Share)
            }
            BudgetKind::Cost => {
                let default = CostBudget::default();
                CostBudget::builder()
                    .capacity(self.capacity.unwrap_or(default.capacity()))
                    .retry_cost(self.retry_cost.unwrap_or(default.retry_cost()))
                    .timeout_cost(self.timeout_cost.unwrap_or(default.timeout_cost()))
                    .success_refund(self.success_refund.unwrap_or(default.success_refund()))
                    .build()
                    .map(BudgetConfig::Cost)
            }
        }
    }

    /// These settings before those `under` them; of another kind they stand alone.
    pub(in crate::settings) fn over(&self, under: &Self) -> Self {
        let kind = self.kind.or(under.kind);
        if kind.unwrap_or_default() != under.kind.unwrap_or_default() {
            return *self;
        }
        Self {
            kind,
            ttl: self.ttl.or(under.ttl),
            min_per_sec: self.min_per_sec.or(under.min_per_sec),
            ratio: self.ratio.or(under.ratio),
            max_ratio: self.max_ratio.or(under.max_ratio),
            min_concurrency: self.min_concurrency.or(under.min_concurrency),
            capacity: self.capacity.or(under.capacity),
            retry_cost: self.retry_cost.or(under.retry_cost),
            timeout_cost: self.timeout_cost.or(under.timeout_cost),
            success_refund: self.success_refund.or(under.success_refund),
        }
    }
}

impl Section for BudgetSettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            kind: table.field("kind", walk),
            ttl: table.field("ttl", walk),
            min_per_sec: table.field("min_per_sec", walk),
            ratio: table.field("ratio", walk),
            max_ratio: table.field("max_ratio", walk),
            min_concurrency: table.field("min_concurrency", walk),
            capacity: table.field("capacity", walk),
            retry_cost: table.field("retry_cost", walk),
            timeout_cost: table.field("timeout_cost", walk),
            success_refund: table.field("success_refund", walk),
        };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        // Of a kind that could not be read nothing is known, and so of what belongs to it.
        if walk.failed_at("kind") {
            return;
        }
        if let Err(errors) = self.config() {
            walk.adopt(&errors);
        }
        let (token, share, cost) = (BudgetKind::Token, BudgetKind::Share, BudgetKind::Cost);
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let ratio = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
        for (name, owner, given) in [
            ("ttl", token, self.ttl.map(human::text)),
            ("min_per_sec", token, number(self.min_per_sec)),
            ("ratio", token, ratio(self.ratio)),
            ("max_ratio", share, ratio(self.max_ratio)),
            ("min_concurrency", share, number(self.min_concurrency)),
            ("capacity", cost, number(self.capacity)),
            ("retry_cost", cost, number(self.retry_cost)),
            ("timeout_cost", cost, number(self.timeout_cost)),
            ("success_refund", cost, number(self.success_refund)),
        ] {
            let kind = self.kind.unwrap_or_default();
            if let Some(given) = given.filter(|_| owner != kind) {
                let kind = kind.as_str();
                walk.wrong_at(name, given, format_args!("absent from a budget of kind {kind}"));
            }
        }
    }
}

/// The settings in force.
impl From<&BudgetConfig> for BudgetSettings {
    fn from(config: &BudgetConfig) -> Self {
        match config {
            BudgetConfig::Token(config) => Self {
                kind: Some(BudgetKind::Token),
                ttl: Some(config.ttl()),
                min_per_sec: Some(config.min_per_sec()),
                ratio: Some(config.ratio()),
                ..Self::default()
            },
            BudgetConfig::Share(config) => Self {
                kind: Some(BudgetKind::Share),
                max_ratio: Some(config.max_ratio()),
                min_concurrency: Some(config.min_concurrency()),
                ..Self::default()
            },
            BudgetConfig::Cost(config) => Self {
                kind: Some(BudgetKind::Cost),
                capacity: Some(config.capacity()),
                retry_cost: Some(config.retry_cost()),
                timeout_cost: Some(config.timeout_cost()),
                success_refund: Some(config.success_refund()),
                ..Self::default()
            },
        }
    }
}
