//! `symgate probe`: one fetch, explained (`symgate-probe`), which also serves as a plain fetch.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use symgate::{Client, ErrorKind, Tunnels};
use symgate_probe::{Kind, Recorder, Report};
use tempfile::NamedTempFile;
use url::Url;

use crate::args::Probe;
use crate::interrupt::Interrupts;
use crate::output::{Drawing, Output};
use crate::report::{self, chain, plain};
use crate::settings;

/// Runs the command.
pub(crate) fn run(probe: &Probe) -> ExitCode {
    let output = Output::new(Drawing::Off);
    match begin(probe, &output) {
        Ok(status) => status,
        Err(error) => {
            say(&output, &error);
            ExitCode::from(report::USAGE)
        }
    }
}

/// Understands what is asked for, and does it; an error is one of usage.
fn begin(probe: &Probe, output: &Output) -> Result<ExitCode, String> {
    let url = url(&probe.url.0)?;
    let (config, warnings) = settings::of_probe(&probe.network, &url, output)?;
    for warning in &warnings {
        say(output, &format!("warning: {warning}"));
    }
    let client = match Client::new(config) {
        Ok(client) => client,
        Err(error) => {
            say(output, &chain(&error));
            return Ok(report::status([error.kind()]));
        }
    };
    let body = match Body::open(probe.output.as_deref()) {
        Ok(body) => body,
        Err(error) => {
            say(output, &error);
            return Ok(report::status([ErrorKind::Store]));
        }
    };
    Ok(fetch(probe, url, &client, body, output))
}

fn fetch(probe: &Probe, mut url: Url, client: &Client, body: Body, output: &Output) -> ExitCode {
    // An http URL has a host, and takes both; what stood there is with the client.
    let _set = (url.set_username(""), url.set_password(None));
    let cancel = Interrupts::install().begin();
    let mut get = client.get(url);
    get.request = get.request.with_redirects(probe.max_redirects);
    if probe.tunnel {
        get.tunnels = Tunnels::ForAll;
    }
    let mut recorder = Recorder::new(get.request.url(), body);
    let ended = client.fetch(get, &mut recorder, &cancel);
    let (report, body) = recorder.into_parts(&ended);
    let mut kinds = Vec::new();
    match &ended {
        Err(error) => kinds.push(ErrorKind::of(error)),
        Ok(_) if report.is_answered() => {}
        // The proxy said something in place of the server.
        Ok(_) => kinds.push(ErrorKind::Network),
    }
    if ended.is_ok()
        && let Err(error) = body.finish()
    {
        say(output, &error);
        kinds.push(ErrorKind::Store);
    }
    let explained = explained(probe, &report);
    if probe.output.as_deref().is_some_and(is_stdout) {
        output.message(&explained);
    } else {
        output.result(explained.into_bytes());
        let lost = output.take_lost();
        if let Some(error) = lost.filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            say(output, &format!("the results cannot be written: {error}"));
            kinds.push(ErrorKind::Store);
        }
    }
    report::status(kinds)
}

/// The report as it was asked for.
fn explained(probe: &Probe, report: &Report) -> String {
    if probe.json {
        return format!("{}\n", report.to_json());
    }
    if report.verdict().kind == Kind::Interrupted {
        return "symgate: interrupted\n".to_owned();
    }
    report.to_string()
}

/// The URL that is meant.
fn url(text: &str) -> Result<Url, String> {
    // Somebody may have put a login in front of the host.
    let shown = text.rsplit('@').next().unwrap_or_default();
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(_) if text.contains("://") => return Err(format!("`{shown}` is neither http nor https")),
        // `host/path`, or `host:port`, of which the host reads as a scheme.
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!(
                "`{shown}` does not say how: write https://{shown} or http://{shown}"
            ));
        }
        Err(error) => return Err(format!("`{shown}` is no URL: {error}")),
    };
    Ok(url)
}

/// Where the body goes. A file appears when its body is whole: nobody takes half an answer for one.
enum Body {
    Device(fs::File),
    File { unfinished: NamedTempFile, path: PathBuf },
    Nowhere,
    Stdout(io::Stdout),
}

impl Body {
    fn open(output: Option<&Path>) -> Result<Self, String> {
        let Some(path) = output else {
            return Ok(Self::Nowhere);
        };
        if is_stdout(path) {
            return Ok(Self::Stdout(io::stdout()));
        }
        // What a link names is written, and not the link; and what is no file, as a device, is written to and never replaced.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            let opened = fs::File::options().write(true).open(path);
            let opened = opened.map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
            return Ok(Self::Device(opened));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let unfinished = readable().tempfile_in(parent.unwrap_or_else(|| Path::new(".")));
        let unfinished = unfinished.map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
        let path = path.to_owned();
        Ok(Self::File { unfinished, path })
    }

    fn finish(self) -> Result<(), String> {
        match self {
            Self::File { unfinished, path } => match unfinished.persist(&path) {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("`{}` cannot be written: {}", path.display(), error.error)),
            },
            Self::Device(_) | Self::Nowhere => Ok(()),
            Self::Stdout(mut stdout) => match stdout.flush() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(format!("stdout cannot be written: {error}"))
                }
                _ => Ok(()),
            },
        }
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Device(device) => device.write(bytes),
            Self::File { unfinished, .. } => unfinished.write(bytes),
            Self::Nowhere => Ok(bytes.len()),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Device(device) => device.flush(),
            Self::File { unfinished, .. } => unfinished.flush(),
            Self::Nowhere => Ok(()),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

/// Makes files that others may read as far as the user lets them, as any program's output.
fn readable() -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn say(output: &Output, text: &str) {
    output.message(&format!("symgate: {}\n", plain(text)));
}
