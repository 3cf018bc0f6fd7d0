use resilience::{Carried, Carry};

/// A request with a number, by which its answer is known.
pub(crate) trait Request: Send + 'static {
    /// The request with this number.
    fn numbered(number: u64) -> Self;

    /// Its number.
    fn number(&self) -> u64;
}

impl Request for u64 {
    fn numbered(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

/// A request that carries what the layers know of it, as an HTTP request does.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    number: u64,
    carried: Carried,
}

impl Request for Ask {
    fn numbered(number: u64) -> Self {
        Self { number, carried: Carried::default() }
    }

    fn number(&self) -> u64 {
        self.number
    }
}

impl Carry for Ask {
    fn carried(&self) -> Carried {
        self.carried
    }

    fn set_carried(&mut self, carried: Carried) {
        self.carried = carried;
    }
}
