use std::{
    ops::Deref,
    sync::{Arc, PoisonError},
};

use super::{AtomicU64, Ordering};

/// Who loads a value sees what its storing thread knew, and may load one that is no longer the last.
#[derive(Debug)]
pub(crate) struct ArcSwap<T> {
    values: std::sync::Mutex<Vec<Arc<T>>>,
    last: AtomicU64,
}

impl<T> ArcSwap<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self { values: std::sync::Mutex::new(vec![value]), last: AtomicU64::new(0) }
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> {
        let last = usize::try_from(self.last.load(Ordering::Acquire)).expect("a few values");
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(Arc::clone(&values[last]))
    }

    /// One thread at a time may.
    pub(crate) fn store(&self, value: Arc<T>) {
        let last = {
            let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
            values.push(value);
            values.len() - 1
        };
        self.last.store(last as u64, Ordering::Release);
    }
}
