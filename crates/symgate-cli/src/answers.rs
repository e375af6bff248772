//! Who answers requests for credentials, behind what was given by option: the chain of files and programs, and whoever
//! asks a person (DECISIONS §3 and §4).
//!
//! | link | asked |
//! |---|---|
//! | netrc, credential helpers and providers, the keyring | always; they show nothing where questions are off |
//! | `SYMGATE_ASKPASS` | where questions are on |
//! | the dialog on the terminal | where there is one |
//! | `SSH_ASKPASS`, then a window of the desktop | where there is none |

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symgate::policy::{Answers, Asker, Listener, Prompted, Prompter, Question};
use symgate_credentials::{Askpass, FirstAvailable, ForProxies, GitHelper, Keep, Keyring, Netrc, Providers, Window};

use crate::args::Network;
use crate::output::Output;
use crate::report::plain;
use crate::tty::{self, TtyPrompter};

/// The chain, and what is odd about it.
pub(crate) fn of(network: &Network, output: &Output) -> Result<(Answers, Vec<String>), String> {
    let mut warnings = Vec::new();
    let mut answers = Answers::default();
    let heard = output.clone();
    let listener: Arc<dyn Listener> = Arc::new(move |who: &str, why: &str| {
        heard.message(&format!("symgate: warning: {}\n", plain(&format!("{who}: {why}"))));
    });
    if let Some(netrc) = netrc(network, &mut warnings)? {
        answers = answers.with_source(netrc);
    }
    let keep = if network.keep_passwords {
        Keep::Typed
    } else {
        Keep::Nothing
    };
    for command in &network.credential_helper {
        let helper = GitHelper::new(command).with_keeping(keep);
        answers = answers.with_source(helper.with_listener(Arc::clone(&listener)));
    }
    for file in &network.credential_provider {
        let mut providers = Providers::from_file(file)
            .map_err(|error| format!("--credential-provider: {}", in_full(&error)))?
            .with_listener(Arc::clone(&listener))
            .for_proxies(if network.provider_for_proxies {
                ForProxies::Yes
            } else {
                ForProxies::No
            });
        warnings.extend(providers.warnings().iter().map(ToString::to_string));
        let parent = variable("DBG_CREDENTIAL_PROVIDER_PARENT_HWND").and_then(|value| value.to_str()?.parse().ok());
        if let Some(window) = parent {
            providers = providers.with_parent_window(window);
        }
        answers = answers.with_source(providers);
    }
    if network.keyring {
        let keyring = Keyring::new().with_keeping(keep);
        answers = answers.with_source(keyring.with_listener(Arc::clone(&listener)));
    }
    answers = answers.with_prompter(prompter(output).with_listener(Arc::clone(&listener)));
    Ok((
        answers.with_listener(move |who: &str, why: &str| listener.failed(who, why)),
        warnings,
    ))
}

/// Whether somebody can be asked without being told to: at a terminal, or by the program that is there for that.
pub(crate) fn is_attended() -> bool {
    tty::is_attended() || variable("SYMGATE_ASKPASS").is_some()
}

/// The file that an option, a variable or the custom names. Only the last may be absent.
fn netrc(network: &Network, warnings: &mut Vec<String>) -> Result<Option<Netrc>, String> {
    let named = network
        .netrc_file
        .clone()
        .or_else(|| variable("NETRC").map(PathBuf::from));
    let (file, is_named) = match named {
        Some(file) => (file, true),
        None => match custom() {
            Some(file) => (file, false),
            None => return Ok(None),
        },
    };
    let shown = file.display();
    match Netrc::read(&file) {
        Ok(Some(netrc)) => {
            // The custom's file is for other programs too, which may understand what we pass over.
            if is_named {
                warnings.extend(netrc.warnings().iter().map(|warning| format!("`{shown}`: {warning}")));
            }
            Ok(Some(netrc))
        }
        Ok(None) if is_named => Err(format!("`{shown}` cannot be read: there is no such file")),
        Ok(None) => Ok(None),
        Err(error) if is_named => Err(in_full(&error)),
        Err(error) => {
            warnings.push(in_full(&error));
            Ok(None)
        }
    }
}

/// Where the file is by custom.
fn custom() -> Option<PathBuf> {
    let home = env::home_dir()?;
    let plain = home.join(".netrc");
    let windows = home.join("_netrc");
    Some(if cfg!(windows) && !plain.exists() && windows.exists() {
        windows
    } else {
        plain
    })
}

/// Whoever asks a person, in the order of the table above.
fn prompter(output: &Output) -> FirstAvailable {
    let aside = output.clone();
    let mut chain: Vec<Box<dyn Prompter>> = Vec::new();
    if let Some(program) = variable("SYMGATE_ASKPASS") {
        chain.push(announced(Askpass::new(Path::new(&program)), output));
    }
    if tty::is_attended() {
        chain.push(Box::new(TtyPrompter::new(Box::new(move |question| {
            aside.ask(question);
        }))));
    } else {
        if let Some(program) = variable("SSH_ASKPASS") {
            chain.push(announced(Askpass::new(Path::new(&program)), output));
        }
        let path = variable("PATH").filter(|_| is_desktop());
        if let Some(window) = path.and_then(|path| Window::find(&path)) {
            chain.push(announced(window, output));
        }
    }
    FirstAvailable::new(chain)
}

/// Whether a window can be shown.
fn is_desktop() -> bool {
    cfg!(any(windows, target_os = "macos")) || variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some()
}

fn announced(prompter: impl Prompter + 'static, output: &Output) -> Box<dyn Prompter> {
    Box::new(Announced {
        prompter,
        output: output.clone(),
    })
}

/// Says that a question is open elsewhere than on the terminal: its window may be behind others (SYMSRV §3.1, 7).
struct Announced<P> {
    prompter: P,
    output: Output,
}

impl<P: Prompter> Prompter for Announced<P> {
    fn name(&self) -> &str {
        self.prompter.name()
    }

    fn ask(&mut self, question: &Question<'_>) -> Prompted {
        let ask = question.ask;
        let text = format!(
            "waiting for {}: the {} {} asks for a user name and password; a window may be behind others",
            self.prompter.name(),
            ask.target,
            ask.origin.authority()
        );
        self.output.message(&format!("symgate: {}\n", plain(&text)));
        self.prompter.ask(question)
    }

    fn asker(&self) -> Asker {
        self.prompter.asker()
    }
}

/// An error and its causes.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

/// A variable that says something.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
