use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bollard::models::{ContainerInspectResponse, HealthStatusEnum, PortMap};

/// How a container stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Whether its process runs; one that is paused does.
    pub running: bool,
    /// When it was last started, in the engine's words: another value is another start.
    pub started: String,
    /// The exit code of its last end.
    pub exit_code: i64,
    /// What its health check says; `None`: it has none.
    pub health: Option<Health>,
    /// Where its port is published on this machine; `None`: nowhere, as for every container
    /// that does not run.
    pub address: Option<SocketAddr>,
    /// Where the port on which it answers operators is published on this machine; `None`: nowhere.
    pub operators: Option<SocketAddr>,
}

/// The environment variable that tells a service where to answer operators.
const OPERATORS: &str = "ADMIN_LISTEN";

/// What the health check of a container says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not told yet.
    Starting,
    /// It is well.
    Healthy,
    /// It is not.
    Unhealthy,
}

impl State {
    /// Reads the answer to an inspect.
    pub(super) fn of(answer: &ContainerInspectResponse) -> Self {
        let state = answer.state.as_ref();
        let health = state.and_then(|state| state.health.as_ref()?.status);
        let ports = answer.network_settings.as_ref().and_then(|network| network.ports.as_ref());
        let operators = variable(answer, OPERATORS).and_then(|listen| port(&listen));
        let ours = |port| Some(port) == operators;
        Self {
            running: state.and_then(|state| state.running).unwrap_or(false),
            started: state.and_then(|state| state.started_at.clone()).unwrap_or_default(),
            exit_code: state.and_then(|state| state.exit_code).unwrap_or(0),
            health: health.and_then(Health::of),
            address: ports.and_then(|ports| published(ports, |port| !ours(port))),
            operators: ports.and_then(|ports| published(ports, ours)),
        }
    }
}

impl Health {
    const fn of(status: HealthStatusEnum) -> Option<Self> {
        match status {
            HealthStatusEnum::STARTING => Some(Self::Starting),
            HealthStatusEnum::HEALTHY => Some(Self::Healthy),
            HealthStatusEnum::UNHEALTHY => Some(Self::Unhealthy),
            HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
        }
    }
}

/// The value of `name` in the environment that the container was made with; `None`: it is not set,
/// or empty.
pub(super) fn variable(answer: &ContainerInspectResponse, name: &str) -> Option<String> {
    let environment = answer.config.as_ref()?.env.as_ref()?;
    let set = environment.iter().filter_map(|each| each.split_once('='));
    let mut set = set.filter(|(found, value)| *found == name && !value.is_empty());
    set.next().map(|(_, value)| value.to_owned())
}

fn port(listen: &str) -> Option<u16> {
    listen.rsplit_once(':')?.1.parse().ok()
}

/// Where the lowest TCP port that is published and `wanted` can be reached on this machine.
///
/// A service of the project has one port besides that for operators. An address that means every
/// interface is reached through the loopback one, and one of another interface is not used: nothing
/// here leaves the machine.
fn published(ports: &PortMap, wanted: impl Fn(u16) -> bool) -> Option<SocketAddr> {
    let tcp = ports.iter().filter_map(|(name, bindings)| {
        let port = name.strip_suffix("/tcp")?.parse().ok().filter(|port| wanted(*port))?;
        Some((port, bindings.as_deref()?))
    });
    let mut tcp: Vec<_> = tcp.collect();
    tcp.sort_unstable_by_key(|(port, _)| *port);
    tcp.into_iter().find_map(|(_, bindings)| {
        bindings.iter().find_map(|binding| {
            let port = binding.host_port.as_deref()?.parse().ok()?;
            let host: IpAddr = match binding.host_ip.as_deref() {
                None | Some("" | "0.0.0.0") => Ipv4Addr::LOCALHOST.into(),
                Some(given) => given.parse().ok()?,
            };
            host.is_loopback().then_some(SocketAddr::new(host, port))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn state(answer: Value) -> State {
        State::of(&serde_json::from_value(answer).unwrap())
    }

    #[test]
    fn an_inspect_is_read() {
        let state = state(json!({
            "State": {
                "Running": true, "ExitCode": 0, "StartedAt": "2026-01-02T03:04:05.6Z",
                "Health": { "Status": "healthy" },
            },
            "NetworkSettings": { "Ports": {
                "9000/udp": [{ "HostIp": "127.0.0.1", "HostPort": "9" }],
                "5001/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "40001" }],
                "80/tcp": null,
            } },
        }));
        assert!(state.running);
        assert_eq!(state.started, "2026-01-02T03:04:05.6Z");
        assert_eq!(state.health, Some(Health::Healthy));
        assert_eq!(state.address, Some(([127, 0, 0, 1], 40_001).into()));
        assert_eq!(state.operators, None);
    }

    #[test]
    fn the_port_for_operators_is_told_apart_whichever_is_lower() {
        for (own, admin) in [(5001, 9900), (9900, 5001)] {
            let state = state(json!({
                "Config": { "Env": ["LISTEN=0.0.0.0:1", format!("ADMIN_LISTEN=0.0.0.0:{admin}")] },
                "NetworkSettings": { "Ports": {
                    format!("{own}/tcp"): [{ "HostIp": "127.0.0.1", "HostPort": "40001" }],
                    format!("{admin}/tcp"): [{ "HostIp": "127.0.0.1", "HostPort": "40002" }],
                } },
            }));
            assert_eq!(state.address, Some(([127, 0, 0, 1], 40_001).into()));
            assert_eq!(state.operators, Some(([127, 0, 0, 1], 40_002).into()));
        }
    }

    #[test]
    fn a_container_that_has_ended_tells_its_code_and_no_address() {
        let state = state(json!({
            "State": { "Running": false, "ExitCode": 137, "StartedAt": "x" },
            "NetworkSettings": { "Ports": {} },
        }));
        assert!(!state.running && state.health.is_none());
        assert_eq!((state.exit_code, state.address), (137, None));
    }

    #[test]
    fn every_interface_is_reached_through_loopback_and_a_foreign_one_is_not_used() {
        let address = |host: &str| {
            let bindings = json!([{ "HostIp": host, "HostPort": "7" }]);
            let ports = serde_json::from_value(json!({ "1/tcp": bindings })).unwrap();
            published(&ports, |_| true)
        };
        assert_eq!(address("0.0.0.0"), Some(([127, 0, 0, 1], 7).into()));
        assert_eq!(address("::1").map(|found| found.to_string()), Some("[::1]:7".to_owned()));
        assert_eq!(address("192.0.2.1"), None);
    }
}
