//! Client certificates: what two hops that both ask are shown, raw, and what follows from a "no" (DECISIONS §3, §6).

use rustls::SupportedProtocolVersion;

use super::*;
use crate::testing::{Certified, Demand};
use crate::tls::{Audience, Tls};

fn showing(authority: &Authority, certified: Option<&Certified>, audience: Audience) -> Tls {
    let tls = authority.trusted();
    match certified {
        Some(certified) => tls.with_client_certificate(certified.for_client(), audience).unwrap(),
        None => tls,
    }
}

/// The certificate that the client of this connection has shown; nothing if it showed none.
fn seen(tls: &rustls::ServerConnection) -> Vec<u8> {
    let chain = tls.peer_certificates().unwrap_or_default();
    chain.first().map(|first| first.to_vec()).unwrap_or_default()
}

fn versions() -> [&'static SupportedProtocolVersion; 2] {
    [&rustls::version::TLS12, &rustls::version::TLS13]
}

fn der(certified: Option<&Certified>) -> Vec<u8> {
    certified.map(|certified| certified.der().to_vec()).unwrap_or_default()
}

#[test]
fn the_certificate_of_one_hop_is_never_shown_to_the_other() {
    // One authority vouches for all, so that a certificate at the wrong hop would be taken and seen.
    let authority = Authority::new("CA");
    let (to_proxy, to_origin) = (authority.issue(&["proxy client"]), authority.issue(&["origin client"]));
    for version in versions() {
        for (proxy, origin) in [
            (Some(&to_proxy), Some(&to_origin)),
            (Some(&to_proxy), None),
            (None, Some(&to_origin)),
            (None, None),
        ] {
            let outer = authority.wanting(authority.issue(&["127.0.0.1"]), Demand::May, &[version]);
            let inner = authority.wanting(authority.issue(&["origin.example"]), Demand::May, &[version]);
            let (record, records) = mpsc::channel();
            let server = Server::start(1, move |_, tcp| {
                let mut outer = accept(&outer, tcp);
                assert!(head(&mut outer).starts_with("CONNECT origin.example:443 "));
                let at_proxy = seen(&outer.conn);
                outer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                outer.flush().unwrap();
                let mut inner = accept(&inner, outer);
                assert!(head(&mut inner).starts_with("GET / "));
                inner.write_all(HELLO).unwrap();
                inner.flush().unwrap();
                record.send((at_proxy, seen(&inner.conn))).unwrap();
                linger(inner.sock.sock);
            });
            let client = client(|config| {
                config.proxy_tls = showing(&authority, proxy, Audience::Anybody);
                config.origin_tls = showing(&authority, origin, Audience::Anybody);
            });
            let proxy_origin = Origin::new(UriScheme::Https, "127.0.0.1", server.address.port());
            let mut keeper = Keeper {
                routes: vec![Route::Tunnel(proxy_origin)],
                ..Keeper::default()
            };
            get(&client, "https://origin.example/", &mut keeper, &Cancel::new()).unwrap();
            assert_eq!(keeper.body, b"hello");
            assert!(records.recv().unwrap() == (der(proxy), der(origin)), "{version:?}");
            drop(client);
            server.finish();
        }
    }
}

#[test]
fn a_redirect_target_outside_the_audience_is_shown_nothing() {
    let authority = Authority::new("CA");
    let ours = authority.issue(&["client"]);
    for version in versions() {
        // One configuration on two ports, with its sessions: a session of the store must not be resumed elsewhere.
        let config = authority.wanting(authority.issue(&["127.0.0.1"]), Demand::May, &[version]);
        let serve = |answer: String, record: Sender<Vec<u8>>| {
            let config = Arc::clone(&config);
            Server::start(3, move |_, tcp| {
                let mut tls = accept(&config, tcp);
                head(&mut tls);
                record.send(seen(&tls.conn)).unwrap();
                tls.write_all(answer.as_bytes()).unwrap();
                tls.conn.send_close_notify();
                tls.flush().unwrap();
                linger(tls.sock);
            })
        };
        let (record, elsewhere) = mpsc::channel();
        let target = serve(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello".into(),
            record,
        );
        let location = format!("Location: https://{}/", target.address);
        let (record, there) = mpsc::channel();
        let store = serve(
            format!("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n{location}\r\n\r\n"),
            record,
        );
        let named = Origin::new(UriScheme::Https, "127.0.0.1", store.address.port());
        let client = client(|config| {
            config.origin_tls = showing(&authority, Some(&ours), Audience::Only([named].into()));
        });
        for _ in 0..3 {
            let url = format!("https://{}/", store.address);
            get(&client, &url, &mut Keeper::default(), &Cancel::new()).unwrap();
            assert!(there.recv().unwrap() == ours.der(), "{version:?}");
            assert!(elsewhere.recv().unwrap().is_empty(), "{version:?}");
        }
        drop(client);
        store.finish();
        target.finish();
    }
}

#[test]
fn a_peer_that_misses_a_certificate_or_refuses_it_is_no_fault_of_the_network() {
    let authority = Authority::new("CA");
    let foreign = Authority::new("Other").issue(&["client"]);
    for version in versions() {
        for (shown, line) in [
            (None, "the peer wants a client certificate, and was shown none"),
            (
                Some(&foreign),
                "the peer refused our client certificate with the alert `UnknownCA`",
            ),
        ] {
            for route in ["direct", "forward", "tunnel"] {
                let config = authority.wanting(authority.issue(&["127.0.0.1"]), Demand::Must, &[version]);
                let server = Server::start(1, move |_, tcp| {
                    let mut tls = accept(&config, tcp);
                    assert!(tls.read(&mut [0]).is_err());
                    linger(tls.sock);
                });
                let client = client(|config| {
                    config.proxy_tls = showing(&authority, shown, Audience::Anybody);
                    config.origin_tls = showing(&authority, shown, Audience::Anybody);
                });
                let proxy = || Origin::new(UriScheme::Https, "127.0.0.1", server.address.port());
                let (routes, url) = match route {
                    "forward" => (vec![Route::Forward(proxy())], "http://origin.example/".into()),
                    "tunnel" => (vec![Route::Tunnel(proxy())], "https://origin.example/".into()),
                    _ => (Vec::new(), format!("https://{}/", server.address)),
                };
                let mut keeper = Keeper {
                    routes,
                    ..Keeper::default()
                };
                let ended = get(&client, &url, &mut keeper, &Cancel::new());
                assert_eq!(
                    kind(&ended),
                    Some(FailureKind::ClientCertificate),
                    "{version:?} {route}: {ended:?}"
                );
                let Err(Error::Http(symgate_http::Error::Failed { hop, failure })) = ended else {
                    return;
                };
                assert_eq!(failure.to_string(), line, "{version:?} {route}");
                assert_eq!(hop.target == Target::Origin, route == "direct", "{hop}");
                drop(client);
                server.finish();
            }
        }
    }
}

#[test]
fn a_proxy_that_wants_a_certificate_is_passed_over_for_the_next_route() {
    let authority = Authority::new("CA");
    let config = authority.demanding(authority.issue(&["127.0.0.1"]));
    let picky = Server::start(1, move |_, tcp| {
        let mut tls = accept(&config, tcp);
        assert!(tls.read(&mut [0]).is_err());
        linger(tls.sock);
    });
    let origin = Server::start(1, |_, mut tcp| {
        head(&mut tcp);
        tcp.write_all(HELLO).unwrap();
        linger(tcp);
    });
    let client = client(|config| config.proxy_tls = authority.trusted());
    let proxy = Origin::new(UriScheme::Https, "127.0.0.1", picky.address.port());
    let mut keeper = Keeper {
        routes: vec![Route::Forward(proxy), Route::Direct],
        ..Keeper::default()
    };
    let url = format!("http://{}/", origin.address);
    get(&client, &url, &mut keeper, &Cancel::new()).unwrap();
    assert_eq!(keeper.body, b"hello");
    drop(client);
    picky.finish();
    origin.finish();
}
