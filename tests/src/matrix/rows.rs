//! The rows of the table: which peers there are, and what should come of each.

use crate::hostile::Hostile;
use crate::inspector::Inspector;
use crate::inspector::Onward;
use crate::matrix::place::Means;
use crate::matrix::place::PASSWORD;
use crate::matrix::place::Peer;
use crate::matrix::place::Place;
use crate::matrix::place::Role;
use crate::matrix::place::USER;
use crate::peer::Acceptor;
use crate::peer::After407;
use crate::peer::Apache;
use crate::peer::Auth;
use crate::peer::Lighttpd;
use crate::peer::Offers;
use crate::peer::Squid;
use crate::peer::Tinyproxy;
use crate::peer::Wire;
use crate::pki::Leaf;

/// A row of the table.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) wants: Wants,
    pub(super) start: fn(&Place) -> Peer,
}

/// What should come of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// The right logon passes, a wrong one does not.
    ThroughWith(Means),
    /// Not even the right logon passes.
    Refusal,
    /// Nothing is sent that could log anybody on.
    Silence,
}

const PASSWORD_PASSES: Wants = Wants::ThroughWith(Means::Password);
const TICKET_PASSES: Wants = Wants::ThroughWith(Means::Ticket);

/// The table, proxies first.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "squid, Basic",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[BASIC]),
    },
    Row {
        name: "squid in TLS, Basic",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, Some(place.pki.proxy().server()), &[BASIC]),
    },
    Row {
        name: "tinyproxy, Basic",
        wants: PASSWORD_PASSES,
        start: |place| {
            let proxy = Tinyproxy::basic(&place.tinyproxy, USER, PASSWORD);
            // Its log is prose.
            peer(Role::Proxy(proxy.url()), move || {
                let _alive = &proxy;
                Vec::new()
            })
        },
    },
    Row {
        name: "squid, Digest, nonces for two uses",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[digest(2)]),
    },
    Row {
        name: "squid and Samba, NTLM",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[Auth::ntlm(&place.judge)]),
    },
    Row {
        name: "squid and Samba, NTLM, `keep_alive off`",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[ntlm(place, 16, After407::Closed)]),
    },
    Row {
        name: "squid and Samba, NTLM, 4 helpers for 8 connections",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[ntlm(place, 4, After407::Kept)]),
    },
    Row {
        name: "squid in TLS and Samba, NTLM",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, Some(place.pki.proxy().server()), &[Auth::ntlm(&place.judge)]),
    },
    Row {
        name: "squid and Samba, Negotiate with NTLM",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[Auth::Negotiate(&place.judge)]),
    },
    Row {
        name: "squid and Samba, Negotiate and NTLM",
        wants: PASSWORD_PASSES,
        start: |place| squid(place, None, &[Auth::Negotiate(&place.judge), Auth::ntlm(&place.judge)]),
    },
    Row {
        name: "squid and MIT Kerberos, Negotiate with a ticket",
        wants: TICKET_PASSES,
        start: |place| squid(place, None, &[Auth::Kerberos(&place.kdc)]),
    },
    Row {
        name: "squid's wrapper, all four schemes, password",
        wants: PASSWORD_PASSES,
        start: wrapper,
    },
    Row {
        name: "squid's wrapper, all four schemes, ticket",
        wants: TICKET_PASSES,
        start: wrapper,
    },
    Row {
        name: "Apache with GSSAPI as proxy, password",
        wants: PASSWORD_PASSES,
        start: apache_proxy,
    },
    Row {
        name: "Apache with GSSAPI as proxy, ticket",
        wants: TICKET_PASSES,
        start: apache_proxy,
    },
    Row {
        name: "pyspnego as proxy, NTLM",
        wants: PASSWORD_PASSES,
        start: |place| acceptor_proxy(place, Offers::Ntlm, Wire::Clear),
    },
    Row {
        name: "pyspnego as proxy, Negotiate with NTLM",
        wants: PASSWORD_PASSES,
        start: |place| acceptor_proxy(place, Offers::Negotiate, Wire::Clear),
    },
    Row {
        name: "pyspnego as proxy in TLS, NTLM with channel bindings demanded",
        wants: PASSWORD_PASSES,
        start: |place| acceptor_proxy(place, Offers::Ntlm, Wire::Bound(place.pki.proxy().server())),
    },
    Row {
        name: "Apache with GSSAPI as server, password",
        wants: PASSWORD_PASSES,
        start: apache_origin,
    },
    Row {
        name: "Apache with GSSAPI as server, ticket",
        wants: TICKET_PASSES,
        start: |place| {
            let origin = apache_origin(place);
            // A ticket goes to no server in clear text.
            let role = match origin.role {
                Role::Origin(_, tls) => Role::Origin(None, tls),
                proxy @ Role::Proxy(_) => proxy,
            };
            Peer { role, ..origin }
        },
    },
    Row {
        name: "lighttpd as server, Digest with SHA-256",
        wants: PASSWORD_PASSES,
        start: |place| {
            let (root, leaf) = (place.www.path(), place.pki.origin().server());
            let origin = Lighttpd::digest(&place.lighttpd, root, leaf, USER, PASSWORD, "SHA-256");
            let role = Role::Origin(Some(origin.plain_url("")), Some(origin.tls_url("")));
            peer(role, move || origin.log())
        },
    },
    Row {
        name: "pyspnego as server, NTLM with channel bindings demanded",
        wants: PASSWORD_PASSES,
        start: |place| {
            let origin = bound_origin(place, Offers::Ntlm);
            peer(Role::Origin(None, Some(origin.url())), move || origin.log())
        },
    },
    Row {
        name: "pyspnego as server, Negotiate with channel bindings demanded",
        wants: PASSWORD_PASSES,
        start: |place| {
            let origin = bound_origin(place, Offers::Negotiate);
            peer(Role::Origin(None, Some(origin.url())), move || origin.log())
        },
    },
    Row {
        name: "pyspnego as server, TLS ended in between",
        wants: Wants::Refusal,
        start: |place| {
            let origin = bound_origin(place, Offers::Both);
            let other = place.pki.origin().issue("inspector", &["localhost"]);
            let between = Inspector::start(&other, origin.address(), Onward::Tls(place.pki.origin()));
            peer(Role::Origin(None, Some(between.url())), move || {
                let _alive = &between;
                origin.log()
            })
        },
    },
    Row {
        name: "a hostile server that asks for Negotiate and NTLM, ticket",
        wants: Wants::Silence,
        start: |place| {
            let origin = Hostile::start(place.pki.origin().server());
            let role = Role::Origin(Some(origin.plain_url("")), Some(origin.tls_url("")));
            Peer {
                role,
                log: Box::new(Vec::new),
                bytes: Box::new(move || origin.heard().concat()),
            }
        },
    },
];

const BASIC: Auth<'static> = Auth::Basic {
    user: USER,
    password: PASSWORD,
};

fn digest(uses: u32) -> Auth<'static> {
    let (user, password) = (USER, PASSWORD);
    Auth::Digest { user, password, uses }
}

fn ntlm(place: &Place, helpers: u8, after: After407) -> Auth<'_> {
    let judge = &place.judge;
    Auth::Ntlm { judge, helpers, after }
}

fn peer(role: Role, log: impl Fn() -> Vec<crate::peer::LogLine> + 'static) -> Peer {
    Peer {
        role,
        log: Box::new(log),
        bytes: Box::new(Vec::new),
    }
}

fn squid(place: &Place, leaf: Option<&Leaf>, ways: &[Auth<'_>]) -> Peer {
    let proxy = Squid::asking(&place.squid, leaf, ways);
    peer(Role::Proxy(proxy.url()), move || proxy.log())
}

fn wrapper(place: &Place) -> Peer {
    let (kdc, judge) = (&place.kdc, &place.judge);
    let ways = [Auth::Wrapper { kdc, judge }, Auth::ntlm(judge), digest(50), BASIC];
    squid(place, None, &ways)
}

fn apache_proxy(place: &Place) -> Peer {
    let leaf = place.pki.proxy().server();
    let proxy = Apache::proxy(&place.apache, &place.kdc, leaf, USER, PASSWORD);
    peer(Role::Proxy(proxy.plain_url("")), move || proxy.log())
}

fn apache_origin(place: &Place) -> Peer {
    let (root, leaf) = (place.www.path(), place.pki.origin().server());
    let origin = Apache::origin(&place.apache, &place.kdc, root, leaf, USER, PASSWORD);
    let role = Role::Origin(Some(origin.plain_url("")), Some(origin.tls_url("")));
    peer(role, move || origin.log())
}

fn acceptor_proxy(place: &Place, offers: Offers, wire: Wire<'_>) -> Peer {
    let proxy = Acceptor::proxy(&place.python, offers, wire, USER, PASSWORD);
    peer(Role::Proxy(proxy.url()), move || proxy.log())
}

fn bound_origin(place: &Place, offers: Offers) -> Acceptor {
    let wire = Wire::Bound(place.pki.origin().server());
    Acceptor::origin(&place.python, place.www.path(), offers, wire, USER, PASSWORD)
}
