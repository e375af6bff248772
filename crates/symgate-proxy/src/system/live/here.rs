//! [`Here`]: the machine that we run on.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use super::{Family, Machine, Registered};
use crate::system::text;

/// The real one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here;

impl Machine for Here {
    fn family(&self) -> Family {
        if cfg!(windows) {
            Family::Windows
        } else if cfg!(target_os = "macos") {
            Family::MacOs
        } else {
            Family::Unix
        }
    }

    #[cfg(windows)]
    fn registered(&self, key: &str, name: &str) -> Option<Registered> {
        let value = open(key)?.get_value(name).ok()?;
        match value.ty() {
            windows_registry::Type::U32 | windows_registry::Type::U64 => {
                u32::try_from(value).ok().map(Registered::Number)
            }
            windows_registry::Type::String | windows_registry::Type::ExpandString => {
                String::try_from(value).ok().map(Registered::Text)
            }
            _ => Some(Registered::Bytes(value.to_vec())),
        }
    }

    #[cfg(not(windows))]
    fn registered(&self, _: &str, _: &str) -> Option<Registered> {
        None
    }

    #[cfg(windows)]
    fn keys_below(&self, key: &str) -> Vec<String> {
        let keys = open(key).and_then(|key| key.keys().ok().map(|keys| keys.take(KEYS).collect()));
        keys.unwrap_or_default()
    }

    #[cfg(not(windows))]
    fn keys_below(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn printed(&self, program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => output(child, program),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!("there is no program `{program}`")),
            Err(error) => Err(format!("`{program}` cannot be started: {error}")),
        }
    }

    fn file(&self, path: &Path) -> Option<Result<Vec<u8>, String>> {
        match fs::File::open(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
            Err(error) => Some(Err(format!("`{}`: {error}", path.display()))),
            Ok(file) => {
                let mut bytes = Vec::new();
                // One byte more tells that there is too much.
                let limit = u64::try_from(text::LIMIT).unwrap_or(u64::MAX).saturating_add(1);
                let read = file.take(limit).read_to_end(&mut bytes);
                Some(
                    read.map(|_| bytes)
                        .map_err(|error| format!("`{}`: {error}", path.display())),
                )
            }
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }
}

/// A key of the registry, as programs of this machine's width see it.
#[cfg(windows)]
fn open(key: &str) -> Option<windows_registry::Key> {
    let (hive, path) = key.split_once('\\')?;
    let hive = match hive {
        "HKCU" => windows_registry::CURRENT_USER,
        _ => windows_registry::LOCAL_MACHINE,
    };
    hive.open(path).ok()
}

/// What a child prints until it ends. It is given [`PATIENCE`]; what hangs, or prints without end, is ended.
fn output(mut child: Child, program: &str) -> Result<Vec<u8>, String> {
    let Some(stdout) = child.stdout.take() else {
        return Err(format!("`{program}` prints nothing"));
    };
    let (sender, receiver) = mpsc::channel();
    let limit = u64::try_from(text::LIMIT).unwrap_or(u64::MAX);
    // Not joined: a grandchild may hold the pipe open for ever.
    let reader = thread::Builder::new().name("settings".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(limit).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody waits any more if this fails.
        drop(sender.send(read));
    });
    let until = Instant::now() + PATIENCE;
    let read = match reader {
        Ok(_) => receiver.recv_timeout(PATIENCE).ok(),
        Err(_) => None,
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(Some(status)) => return Err(format!("`{program}` failed: {status}")),
            Ok(None) if read.is_some() && Instant::now() < until => thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => {
                // It may have ended meanwhile; in any case it is waited for, so that nothing of it is left.
                let _ended = (child.kill(), child.wait());
                return Err(format!("`{program}` did not end in time"));
            }
        }
    }
    match read {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error)) => Err(format!("`{program}` cannot be read: {error}")),
        None => Err(format!("`{program}` did not end in time")),
    }
}

/// How long a program is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keys that are looked at.
#[cfg(windows)]
const KEYS: usize = 64;
