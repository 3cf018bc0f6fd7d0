/// The content of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The idempotency key, unique within a group and a run.
    pub key: String,
    /// Which of the run's users orders.
    pub user: usize,
    /// What is ordered.
    pub item: String,
    /// How many.
    pub quantity: u32,
}
