//! The keyring's source over a keyring in memory: what is kept, found, deleted, and how it fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use keyring::credential::{Credential, CredentialApi, CredentialBuilderApi};
use keyring::{Error, Result};
use symgate_auth::{Ask, Channel, Credentials, Origin, Outcome, Scheme, Target, UriScheme, Wanted};
use symgate_credentials::{Bounds, Keep, Keyring};
use symgate_policy::{Interaction, Lookup, Previous, Reply, Source};

/// Entries by service and account.
type Entries = Arc<Mutex<BTreeMap<(String, String), Vec<u8>>>>;

/// The keyring crate's own stand-in forgets an entry with its handle; this one keeps them.
#[derive(Default)]
struct Memory(Entries);

struct Slot {
    key: (String, String),
    entries: Entries,
}

impl CredentialBuilderApi for Memory {
    fn build(&self, _: Option<&str>, service: &str, user: &str) -> Result<Box<Credential>> {
        Ok(Box::new(Slot {
            key: (service.to_owned(), user.to_owned()),
            entries: Arc::clone(&self.0),
        }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl CredentialApi for Slot {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        if self.key.1 == "https://locked" {
            return Err(Error::NoStorageAccess("locked".into()));
        }
        self.entries.lock().unwrap().insert(self.key.clone(), secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        match self.key.1.as_str() {
            "https://locked" => return Err(Error::NoStorageAccess("locked".into())),
            "https://broken" => return Err(Error::PlatformFailure("broken\u{1b}[2J".into())),
            "https://hangs" => thread::park(),
            _ => {}
        }
        self.entries
            .lock()
            .unwrap()
            .get(&self.key)
            .cloned()
            .ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        let removed = self.entries.lock().unwrap().remove(&self.key);
        removed.map(|_| ()).ok_or(Error::NoEntry)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One test, because the keyring crate has one keyring for a process.
#[test]
fn the_keyring_keeps_finds_deletes_and_fails_as_it_says() {
    let memory = Memory::default();
    let entries = Arc::clone(&memory.0);
    keyring::set_default_credential_builder(Box::new(memory));
    let shown = || {
        let entries = entries.lock().unwrap();
        let lines = entries
            .iter()
            .map(|((service, account), secret)| format!("{service}|{account}|{}", String::from_utf8_lossy(secret)));
        lines.collect::<Vec<_>>()
    };

    let store = ask(Target::Origin, UriScheme::Https, "symbols.example", 443);
    let proxy = ask(Target::Proxy, UriScheme::Http, "proxy", 3128);
    let typed = Credentials::password("alice", "a\nb");

    Keyring::new().keep(&store, &typed, &Arc::default());
    assert!(shown().is_empty(), "nothing is kept without a word");

    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let keyring = Keyring::new()
        .with_keeping(Keep::Typed)
        .with_bounds(Bounds {
            time: Duration::from_millis(300),
            output: 64 << 10,
        })
        .with_listener(Arc::new(move |who: &str, why: &str| {
            ear.lock().unwrap().push(format!("{who}: {why}"));
        }));
    keyring.keep(&store, &typed, &Arc::default());
    keyring.keep(&proxy, &Credentials::password("bob", ""), &Arc::default());
    keyring.keep(&store, &Credentials::password("e\nvil", "p"), &Arc::default());
    keyring.keep(
        &ask(Target::Origin, UriScheme::Https, "locked", 443),
        &typed,
        &Arc::default(),
    );
    let expected = [
        "symgate|https://symbols.example|alice\na\nb",
        "symgate|proxy http://proxy:3128|bob\n",
    ];
    assert_eq!(shown(), expected);
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "keyring: write: a value holds a line break or a NUL, and is not handed on",
            "keyring: write: it is locked, or there is none"
        ]
    );

    let Reply::Use(found) = look_up(&keyring, &store, Previous::None) else {
        panic!("what was kept is found")
    };
    assert!(found.same(&typed));
    assert!(matches!(look_up(&keyring, &store, Previous::Rejected), Reply::None));
    let token = Ask {
        wanted: Wanted::Bearer,
        ..store.clone()
    };
    assert!(matches!(look_up(&keyring, &token, Previous::None), Reply::None));

    keyring.report(
        &store,
        &Credentials::password("alice", "other"),
        Outcome::Rejected,
        &Arc::default(),
    );
    keyring.report(&store, &typed, Outcome::Accepted, &Arc::default());
    assert_eq!(shown().len(), 2, "another answer's rejection deletes nothing");
    keyring.report(&store, &typed, Outcome::Rejected, &Arc::default());
    assert_eq!(shown(), [expected[1]]);
    assert!(matches!(look_up(&keyring, &store, Previous::None), Reply::None));

    let other = |host| ask(Target::Origin, UriScheme::Https, host, 443);
    let odd = ("symgate".to_owned(), "https://odd".to_owned());
    entries.lock().unwrap().insert(odd, b"S3cret".to_vec());
    let table = [
        ("locked", "None"),
        (
            "broken",
            "Failed(\"Platform secure storage failure: broken\u{FFFD}[2J\")",
        ),
        ("hangs", "Failed(\"it did not answer in time\")"),
        ("odd", "Failed(\"the entry is not a name, a line feed and a password\")"),
    ];
    for (host, expected) in table {
        assert_eq!(
            format!("{:?}", look_up(&keyring, &other(host), Previous::None)),
            expected,
            "{host}"
        );
    }
}

fn ask(target: Target, scheme: UriScheme, host: &str, port: u16) -> Ask {
    Ask {
        target,
        origin: Origin::new(scheme, host, port),
        path: String::new(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: None,
        channel: Channel::CLEARTEXT,
        attempt: 1,
    }
}

fn look_up(keyring: &Keyring, ask: &Ask, previous: Previous) -> Reply {
    keyring.look_up(&Lookup {
        ask,
        user: None,
        previous,
        interaction: Interaction::Silent,
        cancel: &Arc::new(AtomicBool::new(false)),
    })
}
