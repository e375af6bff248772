//! Where credential providers are listed: a configuration names folders, a listing in one of them names programs
//! (SYMSRV §3.7).

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

/// Something of a listing that will not be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ProviderWarning {
    /// The folder, listing or provider.
    pub path: PathBuf,
    /// What about it.
    pub kind: ProviderWarningKind,
}

/// What a [`ProviderWarning`] is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProviderWarningKind {
    /// A library: it would have to run inside this program.
    Library,
    /// A listing or folder that cannot be read, and why.
    Listing(String),
    /// A script for a shell that this system does not have.
    Script,
}

/// Why a file names no providers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvidersError {
    /// The system says no.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// XML about something else.
    #[error("`{path}` begins with `{root}`; `Settings` or `CredentialProviders` was expected")]
    Root {
        /// The file.
        path: String,
        /// Its first element.
        root: String,
    },
    /// A listing larger than 256 KiB, which names more than anybody has.
    #[error("`{0}` has more than 256 KiB")]
    Size(String),
    /// It is no XML.
    #[error("`{path}` is no XML: {problem}")]
    Xml {
        /// The file.
        path: String,
        /// What, and where.
        problem: String,
    },
}

/// The programs that a file names or is, and what was left out.
///
/// All become absolute: a name without a slash would be looked for in the directories of `PATH`.
pub(super) fn read(path: &Path) -> Result<(Vec<PathBuf>, Vec<ProviderWarning>), ProvidersError> {
    let path = &std::path::absolute(path).map_err(|error| ProvidersError::Read {
        path: path.display().to_string(),
        error,
    })?;
    let mut found = Found::default();
    if !has_extension(path, "xml") {
        found.add(path.to_owned());
    } else if let Listed::Folders(folders) = list(path)? {
        folders.iter().for_each(|folder| found.search(folder));
    } else {
        found.read(path)?;
    }
    Ok((found.programs, found.warnings))
}

#[derive(Default)]
struct Found {
    programs: Vec<PathBuf>,
    warnings: Vec<ProviderWarning>,
}

/// What a file of XML names.
enum Listed {
    Folders(Vec<PathBuf>),
    Programs(Vec<PathBuf>),
}

impl Found {
    /// Reads the listings of a folder. One that is broken does not hide the others.
    fn search(&mut self, folder: &Path) {
        let entries = folder.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut listings: Vec<PathBuf> = match entries {
            Ok(entries) => entries.iter().map(std::fs::DirEntry::path).collect(),
            Err(error) => return self.warn(folder.to_owned(), ProviderWarningKind::Listing(error.to_string())),
        };
        listings.retain(|path| has_extension(path, "xml"));
        listings.sort();
        for listing in listings {
            if let Err(error) = self.read(&listing) {
                self.warn(listing, ProviderWarningKind::Listing(describe(&error)));
            }
        }
    }

    fn read(&mut self, listing: &Path) -> Result<(), ProvidersError> {
        match list(listing)? {
            Listed::Programs(programs) => programs.into_iter().for_each(|program| self.add(program)),
            // A configuration among the listings names nothing that was asked for.
            Listed::Folders(_) => {
                return Err(ProvidersError::Root {
                    path: listing.display().to_string(),
                    root: "Settings".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn add(&mut self, program: PathBuf) {
        if has_extension(&program, "dll") {
            self.warn(program, ProviderWarningKind::Library);
        } else if !cfg!(windows) && ["bat", "cmd"].iter().any(|script| has_extension(&program, script)) {
            self.warn(program, ProviderWarningKind::Script);
        } else {
            self.programs.push(program);
        }
    }

    fn warn(&mut self, path: PathBuf, kind: ProviderWarningKind) {
        self.warnings.push(ProviderWarning { path, kind });
    }
}

fn list(path: &Path) -> Result<Listed, ProvidersError> {
    let shown = || path.display().to_string();
    let bytes = content(path)?;
    let text = decode(&bytes).ok_or_else(|| ProvidersError::Xml {
        path: shown(),
        problem: "it is neither UTF-8 nor UTF-16".to_owned(),
    })?;
    let document = Document::parse(&text).map_err(|error| ProvidersError::Xml {
        path: shown(),
        problem: error.to_string(),
    })?;
    let root = document.root_element();
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    let paths = |nodes: &mut dyn Iterator<Item = Node<'_, '_>>| {
        let texts = nodes
            .filter_map(|node| node.text().map(str::trim))
            .filter(|text| !text.is_empty());
        texts.map(|text| directory.join(native(text))).collect()
    };
    match root.tag_name().name() {
        "Settings" => {
            let folders = root.children().filter(|node| node.has_tag_name("Folders"));
            let mut folders = folders.flat_map(|node| node.children().filter(|node| node.has_tag_name("Folder")));
            Ok(Listed::Folders(paths(&mut folders)))
        }
        "CredentialProviders" => {
            let mut providers = root.children().filter(|node| node.has_tag_name("CredentialProvider"));
            Ok(Listed::Programs(paths(&mut providers)))
        }
        other => Err(ProvidersError::Root {
            path: shown(),
            root: crate::plain::harmless(other, 40),
        }),
    }
}

fn content(path: &Path) -> Result<Vec<u8>, ProvidersError> {
    let shown = || path.display().to_string();
    let fail = |error| ProvidersError::Read { path: shown(), error };
    if !path.metadata().map_err(fail)?.is_file() {
        return Err(fail(io::Error::other("it is no regular file")));
    }
    let mut bytes = Vec::new();
    let limited = File::open(path).map_err(fail)?.take(LARGEST + 1);
    let length = { limited }.read_to_end(&mut bytes).map_err(fail)?;
    if u64::try_from(length).is_ok_and(|length| length > LARGEST) {
        return Err(ProvidersError::Size(shown()));
    }
    Ok(bytes)
}

/// Editors of Windows write UTF-16 too, with a mark in front.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest
            .chunks(2)
            .map(|pair| <[u8; 2]>::try_from(pair).ok().map(unit))
            .collect::<Option<_>>()?;
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// A path of such a file in the words of this system.
fn native(path: &str) -> PathBuf {
    if cfg!(windows) {
        PathBuf::from(path)
    } else {
        PathBuf::from(path.replace('\\', "/"))
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// An error with its cause, in one line.
fn describe(error: &ProvidersError) -> String {
    match error {
        ProvidersError::Read { error: cause, .. } => format!("{error}: {cause}"),
        other => other.to_string(),
    }
}

impl fmt::Display for ProviderWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            ProviderWarningKind::Library => {
                write!(f, "`{path}` is a library, which cannot be loaded here; it is not asked")
            }
            ProviderWarningKind::Listing(why) => write!(f, "`{path}` names no providers: {why}"),
            ProviderWarningKind::Script => {
                write!(f, "`{path}` is a script for `cmd`, which is not here; it is not asked")
            }
        }
    }
}

/// Bytes of a listing.
const LARGEST: u64 = 256 << 10;
