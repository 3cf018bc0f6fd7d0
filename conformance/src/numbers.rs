use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use resilience::Rng;

use crate::{keys::Keys, verdict::Gap};

/// The values that a case has its random source yield, in order; the last repeats.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    values: Arc<Vec<f64>>,
    next: Arc<AtomicUsize>,
}

impl Numbers {
    /// Takes them from the key `random`.
    pub(crate) fn take(config: &mut Keys) -> Result<Option<Self>, Gap> {
        let values: Option<Vec<f64>> = config.take("random")?;
        match values {
            Some(values) if values.is_empty() => Err(Gap::new("config random without a value")),
            values => {
                Ok(values.map(|values| Self { values: Arc::new(values), next: Arc::default() }))
            }
        }
    }

    /// The next value.
    pub(crate) fn draw(&self) -> f64 {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        self.values[index.min(self.values.len() - 1)]
    }

    /// A source for a layer.
    pub(crate) fn rng(self) -> Rng {
        Rng::from_fn(move || self.draw())
    }
}
