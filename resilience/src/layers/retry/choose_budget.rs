use crate::budget::RetryBudget;

/// Which budget pays for the retries of a request.
///
/// [`OneBudget`] is what [`RetryLayer::budget`](super::RetryLayer::budget) leads to, and
/// `BudgetBy` (feature `keyed`) what `RetryLayer::budget_by` does. Others cannot be made.
pub trait ChooseBudget<Request>: sealed::Sealed {
    /// What a call keeps of the choice.
    type Chosen: Payer;

    /// Chooses for `request`.
    fn choose(&self, request: &Request) -> Self::Chosen;
}

/// What a call keeps of the choice of its budget: `()` of the layer's own.
pub trait Payer: sealed::Sealed {
    /// The budget of the call, where that of its layer is `own`.
    fn of<'a>(&'a self, own: Option<&'a RetryBudget>) -> Option<&'a RetryBudget>;
}

/// The retries of all requests are paid for from the budget of the layer, if it has one.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneBudget;

impl<Request> ChooseBudget<Request> for OneBudget {
    type Chosen = ();

    #[inline(always)]
    fn choose(&self, _: &Request) {}
}

impl Payer for () {
    #[inline(always)]
    fn of<'a>(&'a self, own: Option<&'a RetryBudget>) -> Option<&'a RetryBudget> {
        own
    }
}

impl sealed::Sealed for OneBudget {}
impl sealed::Sealed for () {}

pub(super) mod sealed {
    pub trait Sealed {}
}
