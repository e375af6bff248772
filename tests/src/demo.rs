//! The demo: the main job from end to end, with nothing installed.
//!
//! A symbol store that speaks HTTPS and a proxy that wants a password run in this process, on loopback; the built
//! command is driven through them as a user would. Each scene prints what was called, what proxy and store saw and what
//! came out, and checks it: a demo is also a test.

mod backstage;
mod probe;
mod proxy;
mod serve;
mod store;

use std::fs;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Dir;
use crate::command::{Call, Ran, unfinished, visible};
use crate::console;
use serve::Entry;

pub use backstage::Backstage;
pub use proxy::{Proxy, Scheme};

/// The names of what can be shown.
pub const NAMES: &[&str] = &["basic", "ntlm", "console", "probe"];

/// Shows the demo of this name with the command `symgate`, and tells it to `out`.
///
/// # Errors
/// If there is no such demo, a scene does not end as it is told, or the surroundings fail.
pub fn show(name: &str, symgate: &Path, out: &mut dyn Write) -> Result<(), String> {
    let (scheme, scenes) = match name {
        "basic" => (Scheme::Basic, BASIC),
        "ntlm" => (Scheme::Ntlm, NTLM),
        "console" => return show_consoles(symgate, out),
        "probe" => return probe::show(symgate, out),
        _ => return Err(format!("there is no demo `{name}`, only: {}", NAMES.join(" "))),
    };
    let stage = Stage::set(symgate, scheme).map_err(|error| format!("the stage cannot be set: {error}"))?;
    let mut shown = stage.introduce(out);
    for scene in scenes {
        if shown.is_ok() {
            shown = stage.play(scene, out)?;
        }
    }
    let last = shown.and_then(|()| writeln!(out, "All {} scenes ended as told.\n", scenes.len()));
    last.map_err(|error| format!("nobody listens: {error}"))
}

/// Plays the transcripts of `symgate shell`, each with the proxy that it is written for.
fn show_consoles(symgate: &Path, out: &mut dyn Write) -> Result<(), String> {
    let askpass = crate::built::example("symgate-cli", "askpass")?;
    for path in console::transcripts() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scheme = if name.ends_with("_ntlm") {
            Scheme::Ntlm
        } else {
            Scheme::Basic
        };
        let text = fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        let proxy = Proxy::start(scheme, console::USER, console::PASSWORD)
            .map_err(|error| format!("the proxy cannot be started: {error}"))?;
        let played = console::play(&text, symgate, &askpass, &proxy);
        let told = played
            .lines()
            .flat_map(fold)
            .try_for_each(|line| writeln!(out, "{line}"));
        told.and_then(|()| writeln!(out))
            .map_err(|error| format!("nobody listens: {error}"))?;
        if played != text {
            return Err(format!("the run `{name}` went otherwise than it is written"));
        }
    }
    Ok(())
}

/// One call of the command, and how it has to end.
#[derive(Debug)]
struct Scene {
    title: &'static str,
    told: &'static str,
    /// The store on this machine, below the directory of the demo.
    cache: &'static str,
    /// What answers the proxy.
    login: Login,
    status: i32,
    /// Status and user of each request that the proxy sees.
    proxy: &'static [(u16, Option<&'static str>)],
    /// The status of each request that the store sees.
    store: &'static [u16],
    /// What the message says, beside the proxy's name.
    says: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    Right,
    Wrong,
    None,
}

const BASIC: &[Scene] = &[
    Scene {
        title: "Cold: the file is not here yet",
        told: "The proxy asks once, is answered, and opens the tunnel. The store is asked\n\
               for its layout, then for the PDB that hello.dll names.",
        cache: "cache",
        login: Login::Right,
        status: 0,
        proxy: &[(407, None), (200, Some(USER))],
        store: &[404, 200],
        says: &[],
    },
    Scene {
        title: "Warm: the same again",
        told: "The file is in the cache. Nobody is asked for anything.",
        cache: "cache",
        login: Login::Right,
        status: 0,
        proxy: &[],
        store: &[],
        says: &[],
    },
    Scene {
        title: "Wrong password",
        told: "It is tried once, not twice; the error names the proxy, not the file.",
        cache: "cache-of-wrong",
        login: Login::Wrong,
        status: 3,
        proxy: &[(407, None), (407, Some(USER))],
        store: &[],
        says: &["rejected"],
    },
    Scene {
        title: "Refused: no password, and no questions allowed",
        told: "Nothing is sent to the proxy but the request; a 407 is never \"not found\".",
        cache: "cache-of-refused",
        login: Login::None,
        status: 3,
        proxy: &[(407, None)],
        store: &[],
        says: &[],
    },
];

const NTLM: &[Scene] = &[
    Scene {
        title: "Cold: NTLM, without being told",
        told: "The proxy offers nothing else. The first message opens the exchange, the proxy\n\
               challenges, and the last message proves the password without showing it, all\n\
               on one connection.",
        cache: "cache",
        login: Login::Right,
        status: 0,
        proxy: &[(407, None), (407, None), (200, Some(USER))],
        store: &[404, 200],
        says: &[],
    },
    Scene {
        title: "Wrong password",
        told: "It is tried once: each try counts towards the lock-out of the account.",
        cache: "cache-of-wrong",
        login: Login::Wrong,
        status: 3,
        proxy: &[(407, None), (407, None), (407, Some(USER))],
        store: &[],
        says: &["NTLM: the proxy rejected the response (wrong password or domain)"],
    },
    Scene {
        title: "Refused: no password, and no questions allowed",
        told: "The message says what the proxy wants.",
        cache: "cache-of-refused",
        login: Login::None,
        status: 3,
        proxy: &[(407, None)],
        store: &[],
        says: &[],
    },
];

/// Everything that the scenes share.
#[derive(Debug)]
struct Stage {
    dir: Dir,
    symgate: PathBuf,
    store: Backstage,
    proxy: Proxy,
}

impl Stage {
    fn set(symgate: &Path, scheme: Scheme) -> io::Result<Self> {
        let dir = Dir::new();
        let store = Backstage::new(&dir)?;
        let proxy = Proxy::start(scheme, USER, PASSWORD)?;
        Ok(Self {
            dir,
            symgate: symgate.to_owned(),
            store,
            proxy,
        })
    }

    fn introduce(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "A debugger's symbols, from an HTTPS store behind a proxy that wants {}.\n",
            self.proxy.scheme()
        )?;
        writeln!(
            out,
            "  store  {}, its certificate vouched for by ca.pem",
            self.store.url()
        )?;
        writeln!(out, "  proxy  http://{}, lets `{USER}` through", self.proxy.authority())?;
        writeln!(out, "  DIR    {}", self.dir.path().display())?;
        writeln!(out, "  wanted hello.pdb, as DIR/hello.dll names it\n")
    }

    /// Plays a scene; what is wrong with it is the outer error, an `out` that does not take it the inner.
    fn play(&self, scene: &Scene, out: &mut dyn Write) -> Result<io::Result<()>, String> {
        let words = self.words(scene);
        let mut call = Call::new(&self.symgate, &self.dir).args(&words);
        if scene.login != Login::None {
            call = call.secret(USER, password(scene.login));
        }
        let start = Instant::now();
        let ran = call.run();
        let took = start.elapsed();
        let (proxy, store) = (self.proxy.log.take(), self.store.take_log());
        let told = self.tell(out, scene, &words, &ran, [&proxy, &store], took);
        match self.fault(scene, &ran, &proxy, &store) {
            None => Ok(told.and_then(|()| writeln!(out))),
            Some(fault) => Err(format!("scene \"{}\": {fault}\n{ran}", scene.title)),
        }
    }

    fn words(&self, scene: &Scene) -> Vec<String> {
        let cache = self.dir.join(scene.cache);
        let mut words: Vec<String> = vec!["get".into(), self.dir.join("hello.dll").display().to_string()];
        words.extend(["-y".into(), format!("srv*{}*{}", cache.display(), self.store.url())]);
        words.extend(["--ca-file".into(), self.dir.join("ca.pem").display().to_string()]);
        words.extend(["--proxy".into(), self.proxy.authority()]);
        match scene.login {
            Login::None => words.extend(["--prompts".into(), "off".into()]),
            login => words.extend(["--proxy-user".into(), format!("{USER}:{}", password(login))]),
        }
        words
    }

    fn tell(
        &self,
        out: &mut dyn Write,
        scene: &Scene,
        words: &[String],
        ran: &Ran,
        logs: [&[Entry]; 2],
        took: Duration,
    ) -> io::Result<()> {
        writeln!(out, "{}", scene.title)?;
        writeln!(out, "{}\n{}\n", "-".repeat(scene.title.len()), scene.told)?;
        for line in wrap(words.iter().map(|word| self.short(word))) {
            writeln!(out, "{line}")?;
        }
        for (who, log) in ["proxy", "store"].into_iter().zip(logs) {
            if log.is_empty() {
                writeln!(out, "  {who}   saw nothing")?;
            }
            for Entry {
                method,
                target,
                status,
                user,
            } in log
            {
                let user = user.as_deref().map(|user| format!("  (as {user})")).unwrap_or_default();
                writeln!(out, "  {who}   {status} {method} {target}{user}")?;
            }
        }
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            for line in text.lines() {
                writeln!(out, "  {name}  {}", fold(&self.short(line)).join("\n          "))?;
            }
        }
        let status = ran
            .status
            .map_or_else(|| "none".to_owned(), |status| status.to_string());
        writeln!(out, "  status  {status}, after {} ms", took.as_millis())
    }

    /// What is not as it was told.
    fn fault(&self, scene: &Scene, ran: &Ran, proxy: &[Entry], store: &[Entry]) -> Option<String> {
        if ran.status != Some(scene.status) {
            return Some(format!("the exit status is not {}", scene.status));
        }
        let saw: Vec<_> = proxy
            .iter()
            .map(|entry| (entry.status, entry.user.as_deref()))
            .collect();
        let asked = proxy
            .iter()
            .all(|entry| entry.method == "CONNECT" && entry.target == self.store.authority());
        if saw != scene.proxy || !asked {
            return Some(format!("the proxy was to see {:?}", scene.proxy));
        }
        if store.iter().map(|entry| entry.status).collect::<Vec<_>>() != scene.store {
            return Some(format!("the store was to see {:?}", scene.store));
        }
        let cache = self.dir.join(scene.cache);
        let files = visible(&cache);
        if !unfinished(&cache).is_empty() {
            return Some("an unfinished file was left".into());
        }
        if scene.status == 0 {
            let path = cache.join(self.store.place().replace('/', std::path::MAIN_SEPARATOR_STR));
            if ran.stdout.trim_end() != path.display().to_string() {
                return Some(format!("the path was to be `{}`", path.display()));
            }
            return (fs::read(&path).ok().as_deref() != Some(self.store.pdb())).then(|| "it is another file".into());
        }
        if !ran.stdout.is_empty() || files.keys().any(|file| file.ends_with(".pdb")) {
            return Some("there was to be no file".into());
        }
        let proxy = self.proxy.authority();
        let mut words = scene.says.iter().copied().chain([proxy.as_str()]);
        words
            .find(|word| !ran.stderr.contains(word))
            .map(|word| format!("the message was to say `{word}`"))
    }

    /// A text without the long name of the directory.
    fn short(&self, text: &str) -> String {
        text.replace(&self.dir.path().display().to_string(), "DIR")
    }
}

const fn password(login: Login) -> &'static str {
    match login {
        Login::Right => PASSWORD,
        Login::Wrong | Login::None => "guessed-it",
    }
}

/// The command line as a shell would take it, an option and its value on a line, 80 columns at most where they fit.
fn wrap(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines = vec!["  $ symgate".to_owned()];
    let mut words = words.peekable();
    while let Some(mut word) = words.next() {
        if word.starts_with('-')
            && let Some(value) = words.next_if(|next| !next.starts_with('-'))
        {
            // A symbol path holds the shell's own asterisk.
            let quote = if value.contains('*') { "'" } else { "" };
            word = format!("{word} {quote}{value}{quote}");
        }
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 3 <= COLUMNS => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(format!("      {word}")),
        }
    }
    let last = lines.len().saturating_sub(1);
    lines.iter_mut().take(last).for_each(|line| line.push_str(" \\"));
    lines
}

/// A text in lines that fit beside the names in front of them, broken at spaces.
fn fold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < COLUMNS - 10 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

const COLUMNS: usize = 80;
const USER: &str = "alice";
const PASSWORD: &str = "open-sesame";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_text_loses_nothing_and_fits() {
        let text = "store `https://localhost:1` gave no file: ".repeat(5) + &"x".repeat(90);
        let lines = fold(&text);
        assert_eq!(lines.join(" "), text);
        assert!(
            lines
                .iter()
                .all(|line| line.len() <= COLUMNS - 10 || !line.contains(' ')),
            "{lines:#?}"
        );
    }

    #[test]
    fn command_lines_keep_an_option_and_its_value_together() {
        let words = [
            "get",
            "DIR/hello.dll",
            "-y",
            "srv*DIR/cache*https://localhost:40000",
            "--proxy",
            "localhost:40001",
        ];
        let lines = wrap(words.into_iter().map(str::to_owned));
        let expected = [
            "  $ symgate get DIR/hello.dll -y 'srv*DIR/cache*https://localhost:40000' \\",
            "      --proxy localhost:40001",
        ];
        assert_eq!(lines, expected);
        assert!(lines.iter().all(|line| line.len() <= COLUMNS));
    }
}
