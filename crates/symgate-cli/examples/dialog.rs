//! The terminal dialog alone, behind a gate: asks until the password is `right`, and says on standard output what came of it.
//!
//! `cargo run -p symgate-cli --example dialog [NAME]`: NAME is a name that is known already. With `--panic` another thread
//! panics while the question is open, with `--realm TEXT` the proxy calls itself so.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "../src/tty.rs"]
mod tty;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, process, thread};

use symgate_auth::{
    Answer, Ask, Channel, CredentialSource, Credentials, Origin, Outcome, Scheme, Target, UriScheme, Wanted,
};
use symgate_policy::{Answers, Errand, Explicit, Given, Policy, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tty::restore_on_panic();
    ctrlc::set_handler(|| {
        // First the word: the dialog ends by itself when its mode is gone, and `main` may come to its end before us.
        SIGNALLED.store(true, Ordering::Relaxed);
        tty::restore();
        process::exit(130);
    })?;
    let mut realm = "Corp".to_owned();
    let mut explicit = Explicit::default();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--panic" => {
                thread::spawn(ask_until_accepted(realm, explicit));
                while !crossterm::terminal::is_raw_mode_enabled()? {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(500));
                panic!("on purpose");
            }
            "--realm" => realm = arguments.next().unwrap_or_default(),
            _ => explicit = explicit.for_proxies(Given::Name(argument)),
        }
    }
    ask_until_accepted(realm, explicit)();
    if SIGNALLED.load(Ordering::Relaxed) {
        process::exit(130);
    }
    Ok(())
}

/// Whether a signal ends the process.
static SIGNALLED: AtomicBool = AtomicBool::new(false);

fn ask_until_accepted(realm: String, explicit: Explicit) -> impl FnOnce() {
    let proxy = Origin::new(UriScheme::Http, "proxy.corp.example", 3128);
    let store = Origin::new(UriScheme::Https, "symbols.example", 443);
    let mut ask = Ask {
        target: Target::Proxy,
        origin: proxy.clone(),
        path: String::new(),
        wanted: Wanted::Password,
        scheme: Scheme::Basic,
        realm: Some(realm),
        channel: Channel::CLEARTEXT,
        attempt: 1,
    };
    move || {
        // Nothing else is drawn here.
        let prompter = tty::TtyPrompter::new(Box::new(|question| question()));
        let answers = Answers::default().with_explicit(explicit).with_prompter(prompter);
        let session = Session::new(Policy::interactive(), answers);
        let mut gate = session.gate(Errand::new(store, "").with_proxy(proxy), Arc::default());
        loop {
            match gate.answer(&ask) {
                Answer::Use(credentials) => {
                    let user = credentials.user().unwrap_or_default();
                    if credentials.same(&Credentials::password(user, "right")) {
                        gate.report(&ask, Outcome::Accepted);
                        return println!("accepted `{user}` at attempt {}", ask.attempt);
                    }
                    gate.report(&ask, Outcome::Rejected);
                    ask.attempt += 1;
                }
                other => return println!("no answer: {other:?}"),
            }
        }
    }
}
