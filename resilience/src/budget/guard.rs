use std::sync::Arc;

use super::{cost::Costs, named::Named, share::Share};

/// A first attempt on its way.
///
/// # Cancellation
///
/// Dropping it ends the call in the eyes of the budget, as one that did not succeed.
#[derive(Debug)]
#[must_use = "a call that is dropped at once is not in flight"]
pub struct InFlight(pub(super) Call);

#[derive(Debug)]
pub(super) enum Call {
    /// This kind of budget does not ask how a call ends.
    Untold,
    Share(Arc<Named<Share>>),
    Cost(Arc<Named<Costs>>),
}

impl InFlight {
    /// Whether it matters how the call ends.
    pub(crate) const fn asks(&self) -> bool {
        matches!(self.0, Call::Cost(_))
    }

    /// The call ended well without a retry.
    pub fn succeeded(self) {
        if let Call::Cost(costs) = &self.0 {
            costs.state.first_succeeded();
        }
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        if let Call::Share(share) = &self.0 {
            share.state.end();
        }
    }
}

/// A retry that the budget has granted.
///
/// # Cancellation
///
/// Dropping it ends the retry in the eyes of the budget, as one that did not succeed.
#[derive(Debug)]
#[must_use = "a retry that is dropped at once is not in flight"]
pub struct Granted(pub(super) Extra);

#[derive(Debug)]
pub(super) enum Extra {
    /// This kind of budget does not ask how a retry ends.
    Untold,
    Share(Arc<Named<Share>>),
    Cost {
        costs: Arc<Named<Costs>>,
        paid: u32,
    },
}

impl Granted {
    /// Whether it matters how the retry ends.
    pub(crate) const fn asks(&self) -> bool {
        matches!(self.0, Extra::Cost { .. })
    }

    /// The retry ended well.
    pub fn succeeded(self) {
        if let Extra::Cost { costs, paid } = &self.0 {
            costs.state.refund(*paid);
        }
    }
}

impl Drop for Granted {
    #[inline]
    fn drop(&mut self) {
        if let Extra::Share(share) = &self.0 {
            share.state.end_retry();
        }
    }
}
