//! `symgate get`: fetches symbol files and prints where they are.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use symgate::path::FileId;
use symgate::{Client, Error, ErrorKind, Event, Found, Job, Observer, Wanted};
use symgate_console::Noisy;

use crate::args::Get;
use crate::interrupt::Interrupts;
use crate::output::{Drawing, Output};
use crate::progress::Progress;
use crate::report::{self, advice, chain, json, plain};
use crate::settings;

/// Runs the command.
pub(crate) fn run(get: &Get) -> ExitCode {
    let drawing = if get.quiet { Drawing::Off } else { Drawing::On };
    let output = Output::new(drawing);
    // What cannot be understood is said before anything is fetched, all of it.
    let understood: Vec<Result<Wanted, String>> = get.targets.iter().map(|target| understand(target)).collect();
    let configured = settings::of_get(get, &output);
    let mut usage = false;
    for error in understood
        .iter()
        .filter_map(|wanted| wanted.as_ref().err())
        .chain(configured.as_ref().err())
    {
        say(&output, error);
        usage = true;
    }
    let (Ok((config, mut warnings)), false) = (configured, usage) else {
        return ExitCode::from(report::USAGE);
    };
    let wanted: Vec<Wanted> = understood.into_iter().flatten().collect();
    let client = match Client::new(config) {
        Ok(client) => client,
        Err(error) => {
            say(&output, &chain(&error));
            return report::status([error.kind()]);
        }
    };
    warnings.extend(client.warnings().iter().cloned());
    if !get.quiet {
        warnings
            .iter()
            .for_each(|warning| say(&output, &format!("warning: {warning}")));
    }
    fetch(get, &client, &wanted, output)
}

fn fetch(get: &Get, client: &Client, wanted: &[Wanted], output: Output) -> ExitCode {
    let cancel = Interrupts::install().begin();
    let drawn = !get.quiet && !get.verbose && io::stderr().is_terminal();
    let view = View {
        noisy: get.verbose.then(Noisy::default),
        progress: drawn.then(|| Progress::new(wanted.len(), output.bars().clone())),
        quiet: get.quiet,
        given: Mutex::default(),
        output,
    };
    let mut kinds = Vec::new();
    let mut results = BTreeMap::new();
    let mut next = 0;
    let mut done = 0;
    let job = Job {
        observer: &view,
        cancel: &cancel,
        ..Job::silent()
    };
    client.find_all(wanted, job, |index, result| {
        done += 1;
        if let Some(progress) = &view.progress {
            progress.done(done, wanted.len());
        }
        results.insert(index, result);
        // In the order of the targets, each as soon as those before it are out.
        while let Some(result) = results.remove(&next) {
            if let (Some(target), Some(wanted)) = (get.targets.get(next), wanted.get(next)) {
                view.print(get, target, wanted, &result);
            }
            kinds.extend(result.err().map(|error| error.kind()));
            next += 1;
        }
    });
    // A reader that is gone wants no more lines; what was fetched stays.
    let lost = view.output.take_lost();
    if let Some(error) = lost.filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        view.say(&format!("the results cannot be written: {error}"));
        kinds.push(ErrorKind::Store);
    }
    report::status(kinds)
}

/// A path as whoever reads it can open it.
fn bytes_of(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        path.as_os_str().as_bytes().to_vec()
    }
    // A console takes nothing but Unicode there.
    #[cfg(not(unix))]
    path.display().to_string().into_bytes()
}

fn ended(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

/// A message of the command.
fn say(output: &Output, text: &str) {
    output.message(&format!("symgate: {}\n", plain(text)));
}

/// What a target on the command line means.
fn understand(target: &OsStr) -> Result<Wanted, String> {
    let path = Path::new(target);
    if path.is_file() {
        return Wanted::by(path).map_err(|error| chain(&error));
    }
    let target = &*target.to_string_lossy();
    let parsed = target.parse::<FileId>();
    let error = match parsed {
        Ok(id) if !is_misspelt(path, &id) => return Ok(Wanted::new(id)),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    if path.is_dir() {
        return Err(format!("`{target}` is a directory: name the files in it"));
    }
    if path.exists() {
        return Err(format!("`{target}` is no regular file"));
    }
    if target.contains("://") {
        // Not repeated: it may hold a password.
        return Err("a URL is no TARGET: name a file, or NAME/KEY, and the store with -y".to_owned());
    }
    Err(match error {
        Some(error) => format!("there is no file `{target}` here, and it is no NAME/KEY: {error}"),
        None => format!("there is no file `{target}` here"),
    })
}

/// Whether what could be NAME/KEY is a file's path with a slip in it: asking servers for that would only say where
/// somebody keeps files.
fn is_misspelt(path: &Path, id: &FileId) -> bool {
    let key = id.key.to_string();
    let is_plain = key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parent = path.parent().unwrap_or(path);
    key.contains('.') || (!is_plain && !parent.as_os_str().is_empty() && parent.is_dir())
}

/// What is shown while files arrive.
#[derive(Debug)]
struct View {
    noisy: Option<Noisy>,
    progress: Option<Progress>,
    quiet: bool,
    /// What was advised already: sixty files behind one proxy need one hint.
    given: Mutex<HashSet<String>>,
    output: Output,
}

impl View {
    fn given(&self) -> MutexGuard<'_, HashSet<String>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn print(&self, get: &Get, target: &OsStr, wanted: &Wanted, result: &Result<Found, Error>) {
        if get.json {
            let line = json(&target.to_string_lossy(), &wanted.id, result).to_string();
            self.output.result(ended(line.into_bytes()));
        } else if let Ok(found) = result {
            self.output.result(ended(bytes_of(&found.path)));
        }
        if let Ok(found) = result
            && get.json
            && found.path.to_str().is_none()
            && !self.quiet
        {
            let shown = found.path.display();
            self.say(&format!(
                "warning: JSON has no word for the path `{shown}`: it is not Unicode"
            ));
        }
        if let Err(error) = result
            && !(get.json && get.quiet)
        {
            self.say(&format!("{}: {}", wanted.id, chain(error)));
            if let Some(advice) = advice(error)
                && self.given().insert(advice.clone())
            {
                self.say(&format!("hint: {advice}"));
            }
        }
    }

    fn say(&self, text: &str) {
        say(&self.output, text);
    }
}

impl Observer for View {
    fn observe(&self, number: usize, event: &Event<'_>) {
        if let Some(progress) = &self.progress {
            progress.observe(number, event);
        }
        match (&self.noisy, event) {
            (Some(noisy), event) => noisy.observe(number, event, &|lines| self.output.message(lines)),
            (None, Event::Warning { text }) if !self.quiet => self.say(&format!("warning: {text}")),
            _ => {}
        }
    }
}
