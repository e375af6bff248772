//! `symgate probe` before four ways that do not lead through: what it says of each, and its verdict.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use super::{Proxy, Scheme, fold};
use crate::command::Call;
use crate::fault::{Fault, Reply};
use crate::inspector::{Inspector, Onward};
use crate::{Dir, Pki};

/// What goes wrong, how the command is called, and what the verdict has to say.
struct Scene {
    title: &'static str,
    arguments: Vec<String>,
    status: i32,
    verdict: &'static str,
}

/// Plays the scenes.
///
/// # Errors
/// If one does not end as it is told, or the surroundings fail.
pub(super) fn show(symgate: &Path, out: &mut dyn Write) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("the stage cannot be set: {error}");
    let (dir, pki) = (Dir::new(), Pki::new());
    let office = Proxy::start(Scheme::Basic, USER, PASSWORD).map_err(failed)?;
    let strict = Fault::start(|_| {
        let fields = "X-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Type: text/html\r\n";
        Reply::answer("403 Forbidden", fields, PAGE)
    });
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let closed = closed.map_err(failed)?;
    let inspector = Inspector::start(pki.proxy().server(), closed, Onward::Clear);
    let store = format!("https://localhost:{}/symbols", inspector.address().port());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let proxy = format!("http://{}", office.authority());
    let scenes = [
        Scene {
            title: "a wrong password",
            arguments: words(&[&store, "--proxy", &proxy, "--proxy-user", "alice:wr0ng pass"]),
            status: 3,
            verdict: "rejected the name or password",
        },
        Scene {
            title: "a proxy whose rules forbid it",
            arguments: words(&["https://shard7.blob.store.example/symbols", "--proxy", &strict.url("")]),
            status: 4,
            verdict: "allow CONNECT to *.blob.store.example:443",
        },
        Scene {
            title: "a proxy that inspects TLS",
            arguments: words(&[&store, "--proxy", &proxy, "--proxy-user", &format!("{USER}:{PASSWORD}")]),
            status: 4,
            verdict: "TLS inspection",
        },
        Scene {
            title: "a proxy that is not there",
            arguments: words(&[&store, "--proxy", &format!("http://{closed}")]),
            status: 4,
            verdict: "takes no connections",
        },
    ];
    let count = scenes.len();
    for (number, scene) in (1..).zip(scenes) {
        play(&scene, number, symgate, &dir, out)?;
    }
    writeln!(out, "All {count} scenes ended as told.\n").map_err(nobody)
}

fn play(scene: &Scene, number: usize, symgate: &Path, dir: &Dir, out: &mut dyn Write) -> Result<(), String> {
    let Scene {
        title,
        arguments,
        status,
        verdict,
    } = scene;
    writeln!(out, "== probe, scene {number}: {title}").map_err(nobody)?;
    let call = format!("$ symgate probe {}", shown(arguments));
    for line in fold(&call) {
        writeln!(out, "{line}").map_err(nobody)?;
    }
    let ran = Call::new(symgate, dir)
        .args(["probe", "--prompts", "off"])
        .args(arguments)
        .secret(USER, PASSWORD)
        .run();
    writeln!(out, "{}", ran.stdout).map_err(nobody)?;
    let said = ran.stdout.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if ran.status != Some(*status) || !said.contains(verdict) {
        return Err(format!(
            "scene {number} went otherwise than told: `{verdict}` was to be said; {ran}"
        ));
    }
    Ok(())
}

/// A call as it is typed, but for its passwords.
fn shown(arguments: &[String]) -> String {
    let shown = arguments.iter().map(|argument| match argument.split_once(':') {
        Some((name, _)) if name == USER => format!("{USER}:..."),
        _ => argument.clone(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it away")]
fn nobody(error: std::io::Error) -> String {
    format!("nobody listens: {error}")
}

const USER: &str = "alice";
const PASSWORD: &str = "S3cret pass";

/// What such proxies say.
const PAGE: &str = "<html><head><title>ERROR: Access Denied</title></head><body id=ERR_ACCESS_DENIED><h1>Access Denied</h1>\
                    <p>Access control configuration prevents your request.</p></body></html>";
