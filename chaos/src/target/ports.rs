use std::net::{Ipv4Addr, TcpListener};

use crate::experiment::PerGroup;

/// The ports of the loopback interface on which a site listens; 0 takes any that is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// The user service.
    pub user: u16,
    /// The order services.
    pub orders: PerGroup<u16>,
    /// The dashboard.
    pub dashboard: u16,
}

impl Ports {
    /// Whatever is free.
    pub const ANY: Self = Self { user: 0, orders: PerGroup { guarded: 0, bare: 0 }, dashboard: 0 };

    /// Those that the services take by themselves, and that people remember.
    pub const WELL_KNOWN: Self =
        Self { user: 5001, orders: PerGroup { guarded: 5002, bare: 5003 }, dashboard: 8080 };
}

/// Whether a service could listen on `port`.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert!(is_free(0), "any port");
    }
}
