//! Which address is tried when, and what is told when none answers (RFC 8305 §5, §8).

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use proptest::prelude::*;

use super::*;
use crate::cancel::Cancel;

fn v4(last: u8) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(192, 0, 2, last).into(), 80)
}

fn v6(last: u16) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last).into(), 80)
}

/// A loopback port that nobody listens on.
fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A listener whose backlog is full: further connects get no answer. The streams keep it full.
#[cfg(target_os = "linux")] // whose tests alone use it
fn deaf() -> (socket2::Socket, Vec<socket2::Socket>, SocketAddr) {
    let listener = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let fillers = (0..8)
        .map(|_| {
            let filler = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            filler.set_nonblocking(true).unwrap();
            filler.connect(&address.into()).ok();
            filler
        })
        .collect();
    (listener, fillers, address)
}

fn dial_all(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Undialled> {
    let cancel = Cancel::new();
    race(
        addresses,
        &Wait::new(&cancel, Some(Instant::now() + limit)),
        &mut Vec::new(),
    )
}

#[test]
fn families_take_turns_after_the_systems_first() {
    for (given, expected) in [
        (vec![], vec![]),
        (vec![v6(1), v6(2), v4(1)], vec![v6(1), v4(1), v6(2)]),
        (vec![v4(1), v4(2), v6(1), v6(2)], vec![v4(1), v6(1), v4(2), v6(2)]),
        (vec![v4(2), v4(1)], vec![v4(2), v4(1)]),
        (vec![v4(1), v4(2), v4(1)], vec![v4(1), v4(2)]),
    ] {
        assert_eq!(interleave(given.clone()), expected, "{given:?}");
    }
}

proptest! {
    #[test]
    fn interleaving_keeps_every_address_and_the_order_in_each_family(picks in prop::collection::vec(any::<bool>(), 0..=ADDRESSES)) {
        let given: Vec<_> = (0..).zip(&picks).map(|(n, six)| if *six { v6(n) } else { v4(n as u8) }).collect();
        let order = interleave(given.clone());
        prop_assert_eq!(order.len(), given.len());
        for six in [false, true] {
            let family = |all: &[SocketAddr]| all.iter().copied().filter(|a| a.is_ipv6() == six).collect::<Vec<_>>();
            prop_assert_eq!(family(&order), family(&given));
        }
    }
}

#[test]
fn hundreds_of_addresses_are_cut() {
    assert_eq!(interleave((0..200).map(v4).collect()).len(), ADDRESSES);
}

#[test]
fn addresses_as_hosts_need_no_lookup() {
    for (host, expected) in [
        ("127.0.0.1", Some("127.0.0.1")),
        ("[::1]", Some("::1")),
        ("::1", Some("::1")),
        ("[127.0.0.1]", None),
        ("localhost", None),
        ("[::1", None),
    ] {
        assert_eq!(literal(host), expected.map(|a| a.parse().unwrap()), "{host}");
    }
}

#[test]
fn goes_to_the_next_address_at_once_when_one_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    let tcp = dial_all(&[closed_port(), closed_port(), open], Duration::from_secs(20)).unwrap();
    assert_eq!(tcp.peer_addr().unwrap(), open);
}

#[cfg(target_os = "linux")] // other systems refuse or accept where a full backlog is silent here
#[test]
fn an_address_that_is_silent_does_not_hold_up_the_next() {
    let (_listener, _fillers, silent) = deaf();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    let tcp = dial_all(&[silent, open], Duration::from_secs(20)).unwrap();
    assert_eq!(tcp.peer_addr().unwrap(), open);
}

#[cfg(target_os = "linux")]
#[test]
fn every_attempt_is_in_the_error_with_its_reason() {
    let (_listener, _fillers, silent) = deaf();
    let refusing = closed_port();
    let Err(Undialled::Failed(error)) = dial_all(&[refusing, silent], Duration::from_millis(300)) else {
        panic!("a connection to nobody");
    };
    assert!(matches!(error, DialError::Timeout(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("no connection in time: `{refusing}`: connection refused, `{silent}`: no answer")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn cancel_ends_a_connect_that_hangs() {
    let (_listener, _fillers, silent) = deaf();
    let cancel = Cancel::new();
    let canceller = {
        let cancel = cancel.clone();
        std::thread::spawn(move || cancel.cancel())
    };
    let ended = race(&[silent], &Wait::new(&cancel, None), &mut Vec::new());
    assert!(matches!(ended, Err(Undialled::Cancelled)), "{ended:?}");
    canceller.join().unwrap();
}

#[test]
fn every_error_prints_one_plain_line() {
    let refused = closed_port();
    let Err(Undialled::Failed(connect)) = dial_all(&[refused], Duration::from_secs(20)) else {
        panic!("a connection to nobody");
    };
    for (error, line) in [
        (connect, format!("`{refused}`: connection refused")),
        (DialError::NoAddress, "the name has no address".into()),
        (
            DialError::Resolve(io::Error::other("x")),
            "the name cannot be looked up".into(),
        ),
        (
            DialError::ResolveTimeout,
            "the name look-up did not finish in time".into(),
        ),
        (
            DialError::Timeout(Vec::new()),
            "no connection in time: none was tried".into(),
        ),
    ] {
        assert_eq!(error.to_string(), line);
    }
}

#[test]
fn a_name_is_looked_up_and_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cancel = Cancel::new();
    let wait = Wait::new(&cancel, Some(Instant::now() + Duration::from_secs(20)));
    let port = listener.local_addr().unwrap().port();
    let tcp = Dialer::default()
        .dial("localhost", port, &wait, &mut Story::default())
        .unwrap();
    assert_eq!(tcp.peer_addr().unwrap().port(), port);
    let unknown = Dialer::default().dial("name.invalid", port, &wait, &mut Story::default());
    assert!(
        matches!(unknown, Err(Undialled::Failed(DialError::Resolve(_)))),
        "{unknown:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn what_became_of_each_address_is_told() {
    let (_listener, _fillers, silent) = deaf();
    let refusing = closed_port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    let cancel = Cancel::new();
    for (addresses, ends) in [
        (vec![refusing, open], "connection refused, connected"),
        (vec![silent, open], "another was faster, connected"),
        (vec![refusing, silent], "connection refused, no answer"),
    ] {
        let mut told = Vec::new();
        let until = Instant::now() + Duration::from_millis(600);
        race(&addresses, &Wait::new(&cancel, Some(until)), &mut told).ok();
        let tried: Vec<_> = told.iter().map(|attempted| attempted.address).collect();
        assert_eq!(tried, addresses);
        let found: Vec<_> = told.iter().map(|attempted| attempted.end.to_string()).collect();
        assert_eq!(found.join(", "), ends);
    }
}

#[cfg(target_os = "linux")] // where the address of nobody is this machine
#[test]
fn the_address_that_was_tried_is_the_one_that_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), listener.local_addr().unwrap().port());
    let (cancel, mut told) = (Cancel::new(), Vec::new());
    let until = Instant::now() + Duration::from_secs(20);
    race(&[any], &Wait::new(&cancel, Some(until)), &mut told).unwrap();
    assert!(matches!(told.as_slice(), [Attempted { address, end: AttemptEnd::Connected, .. }] if *address == any));
}
