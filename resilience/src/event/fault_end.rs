/// Why a fault is armed no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultEnd {
    /// Its time was over.
    Expired,
    /// It had hit as many calls as it may.
    Spent,
    /// Somebody disarmed it.
    Disarmed,
    /// Somebody armed another one.
    Replaced,
}

impl FaultEnd {
    /// The reason as a label, such as `expired`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Spent => "spent",
            Self::Disarmed => "disarmed",
            Self::Replaced => "replaced",
        }
    }
}
