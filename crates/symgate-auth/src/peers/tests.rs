//! What is remembered of whom: protection spaces, identities, rejections, uses of a nonce.

use super::*;
use crate::UriScheme;

fn peer() -> Origin {
    Origin::new(UriScheme::Http, "peer.example", 80)
}

fn alice() -> Arc<Credentials> {
    Arc::new(Credentials::password("alice", "S3cret"))
}

fn acceptance(credentials: &Arc<Credentials>, realm: &str) -> Acceptance {
    Acceptance {
        name: "Basic",
        binding: Binding::Request,
        identity: Identity::Known(Arc::clone(credentials)),
        realm: Some(realm.to_owned()),
        challenge: None,
    }
}

#[test]
fn a_protection_space_is_the_directory_and_below() {
    let peers = Peers::new();
    let accepted = acceptance(&alice(), "r");
    peers.accept(Target::Origin, &peer(), "/a/b/file", Space::Directory, accepted);
    let table = [
        ("/a/b/file", true),
        ("/a/b/", true),
        ("/a/b/c/d", true),
        ("/a/b", false),
        ("/a/bc/d", false),
        ("/a/", false),
        ("/", false),
        ("", false),
    ];
    for (path, known) in table {
        assert_eq!(
            peers.acceptance(Target::Origin, &peer(), path).is_some(),
            known,
            "{path}"
        );
    }
    assert!(peers.acceptance(Target::Proxy, &peer(), "").is_none());
    let other_port = Origin::new(UriScheme::Http, "peer.example", 81);
    assert!(peers.acceptance(Target::Origin, &other_port, "/a/b/file").is_none());
}

#[test]
fn a_path_without_a_directory_opens_the_root_only() {
    assert_eq!(
        (directory(""), directory("*"), directory("/"), directory("/a")),
        ("/", "/", "/", "/")
    );
    assert_eq!(directory("/ä/ö"), "/ä/");
}

#[test]
fn a_proxys_space_is_everything_and_its_realm_plays_no_part() {
    let peers = Peers::new();
    let bob = Arc::new(Credentials::password("bob", "x"));
    peers.accept(
        Target::Proxy,
        &peer(),
        "/a/b",
        Space::Directory,
        acceptance(&alice(), "r"),
    );
    peers.accept(Target::Proxy, &peer(), "", Space::Directory, acceptance(&bob, "other"));
    for path in ["", "/", "/z"] {
        let known = peers.acceptance(Target::Proxy, &peer(), path).unwrap();
        assert_eq!(known.identity, Identity::Known(Arc::clone(&bob)), "{path}");
    }
}

#[test]
fn the_longest_prefix_wins_and_wider_spaces_swallow_narrower_ones() {
    let peers = Peers::new();
    let accept = |path, realm| {
        let accepted = acceptance(&alice(), realm);
        peers.accept(Target::Origin, &peer(), path, Space::Directory, accepted);
    };
    let realm = |path| peers.acceptance(Target::Origin, &peer(), path).unwrap().realm.unwrap();
    accept("/a/b/c", "inner");
    accept("/x", "outer");
    assert_eq!(
        (realm("/a/b/d"), realm("/a/d")),
        ("inner".to_owned(), "outer".to_owned())
    );
    accept("/a/b/q", "inner");
    accept("/a/q", "inner");
    let memory = peers.lock();
    let inner = memory
        .accepted
        .iter()
        .find(|entry| entry.acceptance.realm.as_deref() == Some("inner"));
    assert_eq!(inner.unwrap().spaces, ["/a/"]);
}

#[test]
fn the_identity_of_a_peer_is_the_last_one_accepted() {
    let peers = Peers::new();
    assert!(peers.identity(Target::Origin, &peer()).is_anonymous());
    peers.accept(
        Target::Origin,
        &peer(),
        "/",
        Space::Directory,
        acceptance(&alice(), "r"),
    );
    let ambient = Acceptance {
        identity: Identity::Ambient,
        ..acceptance(&alice(), "s")
    };
    peers.accept(Target::Origin, &peer(), "/", Space::Everything, ambient);
    assert_eq!(peers.identity(Target::Origin, &peer()), Identity::Ambient);
    peers.forget(Target::Origin, &peer(), &Identity::Ambient, Some("s"));
    assert_eq!(peers.identity(Target::Origin, &peer()), Identity::Known(alice()));
    peers.clear();
    assert!(peers.identity(Target::Origin, &peer()).is_anonymous());
}

#[test]
fn only_a_connection_bound_scheme_binds_connections() {
    let peers = Peers::new();
    assert!(peers.bound_identity(Target::Origin, &peer()).is_anonymous());
    peers.accept(
        Target::Origin,
        &peer(),
        "/",
        Space::Directory,
        acceptance(&alice(), "r"),
    );
    assert!(peers.bound_identity(Target::Origin, &peer()).is_anonymous());
    let ntlm = Acceptance {
        binding: Binding::Connection,
        ..acceptance(&alice(), "s")
    };
    peers.accept(Target::Origin, &peer(), "/", Space::Everything, ntlm);
    assert_eq!(peers.bound_identity(Target::Origin, &peer()), Identity::Known(alice()));
}

#[test]
fn forgetting_leaves_a_newer_identity_alone() {
    let peers = Peers::new();
    let bob = Arc::new(Credentials::password("bob", "x"));
    peers.accept(Target::Proxy, &peer(), "", Space::Everything, acceptance(&bob, "r"));
    peers.forget(Target::Proxy, &peer(), &Identity::Known(alice()), Some("r"));
    assert_eq!(peers.identity(Target::Proxy, &peer()), Identity::Known(bob));
}

#[test]
fn a_rejection_holds_for_equal_credentials_at_that_peer_only() {
    let peers = Peers::new();
    peers.accept(Target::Proxy, &peer(), "", Space::Everything, acceptance(&alice(), "r"));
    peers.reject(Target::Proxy, &peer(), Scheme::Ntlm, &alice());
    peers.reject(Target::Proxy, &peer(), Scheme::Basic, &alice());
    assert_eq!(peers.rejection(Target::Proxy, &peer(), &alice()), Some(Scheme::Ntlm));
    assert_eq!(peers.rejection(Target::Origin, &peer(), &alice()), None);
    let other = Credentials::password("alice", "other");
    assert_eq!(peers.rejection(Target::Proxy, &peer(), &other), None);
    assert!(
        peers.identity(Target::Proxy, &peer()).is_anonymous(),
        "a rejection ends the acceptance"
    );
}

#[test]
fn memory_of_acceptances_is_bounded_and_that_of_rejections_is_not() {
    let peers = Peers::new();
    for number in 0..=ACCEPTED {
        let realm = number.to_string();
        peers.accept(
            Target::Origin,
            &peer(),
            "/",
            Space::Directory,
            acceptance(&alice(), &realm),
        );
        let wrong = Arc::new(Credentials::password("alice", realm));
        peers.reject(Target::Origin, &peer(), Scheme::Basic, &wrong);
    }
    for number in 0..=SPACES {
        let path = format!("/{number}/");
        peers.accept(
            Target::Origin,
            &peer(),
            &path,
            Space::Directory,
            acceptance(&alice(), "many"),
        );
    }
    let memory = peers.lock();
    assert_eq!((memory.accepted.len(), memory.rejected.len()), (ACCEPTED, ACCEPTED + 1));
    assert_eq!(memory.accepted.last().unwrap().spaces.len(), SPACES);
}

#[test]
fn uses_of_a_nonce_are_counted_over_all_connections() {
    let peers = Peers::new();
    let count = |nonce: &str| peers.next_count(Target::Proxy, &peer(), nonce.as_bytes());
    assert_eq!((count("a"), count("b"), count("a")), (1, 1, 2));
    assert_eq!(peers.next_count(Target::Origin, &peer(), b"a"), 1);
    for number in 0..NONCES {
        assert_eq!(count(&format!("n{number}")), 1);
    }
    assert_eq!(count("a"), 1, "the nonces used longest ago are forgotten");
}

#[test]
fn identities_compare_by_user_kind_and_secret() {
    let table = [
        (Identity::Ambient, Identity::Ambient, true),
        (Identity::Anonymous, Identity::Anonymous, true),
        (Identity::Anonymous, Identity::Ambient, false),
        (Identity::Known(alice()), Identity::Known(alice()), true),
        (Identity::Known(alice()), Identity::Ambient, false),
        (
            Identity::Known(alice()),
            Identity::Known(Arc::new(Credentials::password("alice", "other"))),
            false,
        ),
    ];
    for (a, b, same) in table {
        assert_eq!(a == b, same, "{a:?} {b:?}");
        assert_eq!(b == a, same, "{b:?} {a:?}");
    }
}

#[test]
fn debug_shows_who_and_not_the_secret() {
    let peers = Peers::new();
    peers.accept(Target::Proxy, &peer(), "", Space::Everything, acceptance(&alice(), "r"));
    let bob = Arc::new(Credentials::password("bob", "hunter2"));
    peers.reject(Target::Proxy, &peer(), Scheme::Basic, &bob);
    assert_eq!(peers.next_count(Target::Proxy, &peer(), b"n0nce"), 1);
    let nonces = format!("{:?}", peers.lock().nonces);
    let shown = format!("{peers:?} {nonces}");
    assert!(shown.contains("alice") && shown.contains("bob"), "{shown}");
    for secret in ["S3cret", "hunter2", "n0nce"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
