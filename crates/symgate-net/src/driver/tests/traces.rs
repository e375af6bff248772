//! What is told of the network, and in which order.

use super::*;
use crate::testing::Certified;
use crate::tls::Trust;

/// A handler that writes down what it is told.
#[derive(Default)]
struct Listener {
    inner: Keeper,
    told: Vec<String>,
    trust: Vec<Trust>,
    issuers: Vec<String>,
}

impl CredentialSource for Listener {
    fn answer(&mut self, ask: &Ask) -> Answer {
        self.inner.answer(ask)
    }
}

impl Handler for Listener {
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute> {
        self.inner.routes(url)
    }
    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.inner.head(head)
    }
    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        self.inner.body(piece)
    }
    fn trace(&mut self, trace: &Trace<'_>) {
        self.told.push(match trace {
            Trace::Attempted { attempted, .. } => format!("attempted: {}", attempted.end),
            Trace::Connected { hop, .. } => format!("connected to the {}", hop.target),
            Trace::LookedUp { addresses, .. } => format!("looked up: {}", !addresses.is_empty()),
            Trace::Reused { hop } => format!("reused to the {}", hop.target),
            Trace::Secured { hop, handshake, .. } => {
                self.trust.push(handshake.trust());
                self.issuers.extend(handshake.chain().map(|read| read.issuer));
                let version = handshake.version.unwrap_or("none");
                format!("{version} with the {} in {}", hop.target, handshake.round_trips)
            }
            Trace::Turned { .. } => "turned".to_owned(),
            Trace::Unsecured {
                hop, handshake, error, ..
            } => {
                self.trust.push(handshake.trust());
                self.issuers.extend(handshake.chain().map(|read| read.issuer));
                format!("no TLS with the {}: {error}", hop.target)
            }
        });
    }
}

fn hear(client: &Client, url: &str, listener: &mut Listener) -> Result<Finished, Error> {
    let request = Request::get(url.parse().unwrap());
    client.fetch(request, &Arc::new(Peers::new()), listener, &Cancel::new())
}

fn answering(mut stream: impl Read + Write) {
    while !head(&mut stream).is_empty() {
        stream.write_all(HELLO).unwrap();
    }
}

#[test]
fn a_plain_errand_dials_and_turns_once_and_the_next_one_only_turns() {
    let server = Server::start(1, |_, tcp| answering(tcp));
    let client = client(|_| {});
    let url = format!("http://{}/", server.address);
    let mut first = Listener::default();
    hear(&client, &url, &mut first).unwrap();
    assert_eq!(
        first.told,
        ["attempted: connected", "connected to the server", "turned"]
    );
    let mut second = Listener::default();
    hear(&client, &url, &mut second).unwrap();
    assert_eq!(second.told, ["reused to the server", "turned"]);
    drop(client);
    server.finish();
}

#[test]
fn a_name_is_looked_up_first() {
    let server = Server::start(1, |_, tcp| answering(tcp));
    let client = client(|_| {});
    let url = format!("http://localhost:{}/", server.address.port());
    let mut listener = Listener::default();
    hear(&client, &url, &mut listener).unwrap();
    assert_eq!(listener.told.first().map(String::as_str), Some("looked up: true"));
    assert_eq!(
        listener.told[listener.told.len() - 2..],
        ["connected to the server", "turned"]
    );
    drop(client);
    server.finish();
}

/// An errand to a server of this certificate; whoever trusts it is the caller's choice.
fn secured(certified: Certified, client: &Client) -> (Listener, Result<Finished, Error>) {
    let config = certified.into_server(ALL_VERSIONS);
    let server = Server::start(1, move |_, tcp| {
        let mut stream = accept(&config, tcp);
        if !head(&mut stream).is_empty() {
            stream.write_all(HELLO).unwrap();
        }
    });
    let url = format!("https://localhost:{}/", server.address.port());
    let mut listener = Listener::default();
    let ended = hear(client, &url, &mut listener);
    (listener, ended)
}

#[test]
fn a_private_authority_is_called_private_whether_it_is_trusted_or_not() {
    let authority = Authority::new("Corp CA");
    let trusting = client(|config| config.origin_tls = authority.trusted());
    let (listener, ended) = secured(authority.issue(&["localhost"]), &trusting);
    ended.unwrap();
    let told: Vec<_> = listener.told.iter().rev().take(2).map(String::as_str).collect();
    assert_eq!(told, ["turned", "TLSv1.3 with the server in 1"]);
    assert_eq!(
        (listener.trust, listener.issuers),
        (vec![Trust::Private], vec!["Corp CA".to_owned()])
    );

    let strict = client(|config| config.origin_tls = Authority::new("Other").trusted());
    let (listener, ended) = secured(authority.issue(&["localhost"]), &strict);
    ended.unwrap_err();
    assert_eq!(
        listener.told.last().map(String::as_str),
        Some("no TLS with the server: the certificate was issued by `Corp CA`, which is not trusted")
    );
    assert_eq!(
        (listener.trust, listener.issuers),
        (vec![Trust::Private], vec!["Corp CA".to_owned()])
    );
}

#[test]
fn a_chain_is_told_whatever_was_wrong_with_it() {
    let authority = Authority::new("Corp CA");
    let trusting = client(|config| config.origin_tls = authority.trusted());
    let (listener, ended) = secured(authority.issue(&["other.test"]), &trusting);
    ended.unwrap_err();
    assert_eq!(listener.issuers, ["Corp CA"]);
    let expired = authority.issue_with(&["localhost"], |params| {
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let (listener, ended) = secured(expired, &trusting);
    ended.unwrap_err();
    assert_eq!(listener.issuers, ["Corp CA"]);
}

#[test]
fn who_refuses_and_who_speaks_no_tls_are_told() {
    let refusing = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = client(|_| {});
    let mut listener = Listener::default();
    hear(&client, &format!("http://{refusing}/"), &mut listener).unwrap_err();
    assert_eq!(listener.told, ["attempted: connection refused"]);

    let server = Server::start(1, |_, mut tcp| {
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        linger(tcp);
    });
    let mut listener = Listener::default();
    hear(&client, &format!("https://{}/", server.address), &mut listener).unwrap_err();
    assert_eq!(
        listener.told.last().map(String::as_str),
        Some("no TLS with the server: the peer answered in plain HTTP where TLS was expected")
    );
    assert_eq!(listener.trust, [Trust::Nobody]);
    drop(client);
    server.finish();
}
