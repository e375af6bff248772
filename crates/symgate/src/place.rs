//! The stores of a symbol path, as they are on this machine.

use std::path::{Path, PathBuf};

use symgate_auth::Origin;
use symgate_http::origin_of;
use symgate_path::{Directory, Effective, HttpBase, Local, Store as Named};
use symgate_policy::Errand;
use symgate_store::Store;
use url::Url;

use crate::Plan;
use crate::client::Settings;

/// One step of the search for a file.
#[derive(Debug)]
pub(crate) enum Step {
    /// A chain of stores, left is downstream.
    Chain(Chain),
    /// A plain directory, searched by name, and the store that keeps what is found there.
    Directory {
        directory: PathBuf,
        cache: Option<Chain>,
        /// What it is where the directory calls itself a store: the cache and the directory.
        store: Chain,
    },
}

#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) places: Vec<Place>,
    /// The stores as a symbol path writes them, without the keyword.
    pub(crate) shown: String,
}

/// A store of a chain.
#[derive(Debug)]
pub(crate) enum Place {
    /// A directory.
    Local(Store),
    /// A server.
    Server(Box<Server>),
    /// A place that does not exist on this platform; it is passed over like one that cannot be read.
    Foreign(String),
}

/// A server, and on whose behalf it is asked.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) base: HttpBase,
    pub(crate) errand: Errand,
    pub(crate) shown: String,
}

impl Step {
    /// The servers that this step names.
    pub(crate) fn origins(&self) -> Vec<Origin> {
        let (Self::Chain(chain) | Self::Directory { store: chain, .. }) = self;
        let servers = chain.places.iter().filter_map(|place| match place {
            Place::Server(server) => origin_of(server.base.url()),
            Place::Local(_) | Place::Foreign(_) => None,
        });
        servers.collect()
    }

    /// Whether a server at this origin is searched.
    pub(crate) fn names(&self, origin: &Origin) -> bool {
        self.origins().contains(origin)
    }

    /// The directories that this step names.
    pub(crate) fn roots(&self) -> Vec<String> {
        let shown = |path: &Path| path.display().to_string();
        let of = |chain: &Chain| {
            chain
                .places
                .iter()
                .filter_map(|place| match place {
                    Place::Local(store) => Some(shown(store.root())),
                    Place::Server(_) | Place::Foreign(_) => None,
                })
                .collect::<Vec<_>>()
        };
        match self {
            Self::Chain(chain) => of(chain),
            Self::Directory { directory, cache, .. } => {
                let mut roots = cache.as_ref().map(of).unwrap_or_default();
                roots.push(shown(directory));
                roots
            }
        }
    }
}

/// What a path searches here, and what is odd about it.
pub(crate) fn steps(plan: &Plan, settings: &Settings) -> (Vec<Step>, Vec<String>) {
    let mut steps = Vec::new();
    let mut warnings = Vec::new();
    for effective in plan.path.effective(plan.security) {
        match effective {
            Effective::Chain(chain) => {
                let shown = shown(chain.stores(), plan);
                let stores = on_this_platform(chain.into_stores(), &mut warnings);
                let places = stores
                    .into_iter()
                    .map(|store| place(store, (plan, settings), &mut warnings))
                    .collect();
                steps.push(Step::Chain(Chain { places, shown }));
            }
            Effective::Directory { directory, cache } => match here(&directory) {
                Some(path) => {
                    let chain = |stores: Vec<Named>| Chain {
                        shown: shown(&stores, plan),
                        // What is odd about them is said where they stand for themselves.
                        places: stores
                            .into_iter()
                            .map(|store| place(store, (plan, settings), &mut Vec::new()))
                            .collect(),
                    };
                    let kept = cache.map(|local: Local| Named::from(local));
                    let store = kept.iter().cloned().chain([Named::Directory(directory)]);
                    let store = chain(store.collect());
                    let cache = kept.map(|kept| chain(vec![kept]));
                    let directory = path;
                    steps.push(Step::Directory {
                        directory,
                        cache,
                        store,
                    });
                }
                None => warnings.push(foreign(&directory)),
            },
            Effective::DebugInfod { servers, .. } => {
                for server in servers {
                    warnings.push(format!(
                        "`DebugInfoD*{server}` is not searched: it knows build ids only"
                    ));
                }
            }
            Effective::Skipped(skip) => warnings.push(format!("not searched: {skip}")),
            other => warnings.push(format!("not searched: {other:?}")),
        }
    }
    (steps, warnings)
}

/// The stores that exist on this platform. Where none of them is left to keep what a server has, the default store
/// does, as in a chain that begins with a server (SYMSRV §1.2).
fn on_this_platform(stores: Vec<Named>, warnings: &mut Vec<String>) -> Vec<Named> {
    let mut kept = Vec::with_capacity(stores.len());
    for store in stores {
        match &store {
            Named::Directory(directory) if here(directory).is_none() => warnings.push(foreign(directory)),
            _ => kept.push(store),
        }
    }
    if kept.first().is_some_and(Named::is_http) {
        kept.insert(0, Named::Default);
    }
    kept
}

fn place(store: Named, (plan, settings): (&Plan, &Settings), warnings: &mut Vec<String>) -> Place {
    match store {
        Named::Default => match plan.default_store.to_str().map(Directory::new) {
            Some(Ok(directory)) if here(&directory).is_none() => {
                warnings.push(foreign(&directory));
                Place::Foreign(directory.to_string())
            }
            _ => Place::Local(Store::new(&plan.default_store).with_limits(settings.store_limits)),
        },
        Named::Directory(directory) => match here(&directory) {
            Some(root) => Place::Local(Store::new(root).with_limits(settings.store_limits)),
            None => {
                warnings.push(foreign(&directory));
                Place::Foreign(directory.to_string())
            }
        },
        Named::Http(base) => match errand(base.url()) {
            Some(errand) => {
                let shown = base.to_string();
                Place::Server(Box::new(Server { base, errand, shown }))
            }
            None => Place::Foreign(base.to_string()),
        },
    }
}

/// On whose behalf a store is asked. The proxies are named when the way is chosen.
fn errand(base: &Url) -> Option<Errand> {
    Some(Errand::new(origin_of(base)?, base.path()))
}

/// On whose behalf the URL of a local store's pointer is asked for, and what its store is called: its own, not the user's,
/// unless the symbol path writes the same origin.
pub(crate) fn pointed(url: &Url, steps: &[Step]) -> Option<(Errand, String)> {
    let origin = origin_of(url)?;
    let base = base_path(url);
    let shown = format!("{origin}/{base}");
    let errand = if steps.iter().any(|step| step.names(&origin)) {
        Errand::new(origin, &base)
    } else {
        Errand::beyond_the_path(origin, &base)
    };
    Some((errand, shown))
}

/// Where the store of a pointer's URL begins: above `NAME/KEY/FILE`, or the folder of a file that lies less deep. What is
/// refused to one of its files is refused to all (DECISIONS §4).
pub(crate) fn base_path(url: &Url) -> String {
    let segments: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let file = if segments.len() < 3 { 1 } else { 3 };
    let kept = segments.len().saturating_sub(file);
    segments.into_iter().take(kept).collect::<Vec<_>>().join("/")
}

/// Where a directory of a path is on this machine; `None` for a Windows path elsewhere.
fn here(directory: &Directory) -> Option<PathBuf> {
    if directory.is_windows_only() && !cfg!(windows) {
        None
    } else {
        Some(directory.as_str().into())
    }
}

fn foreign(directory: &Directory) -> String {
    format!("`{directory}` is a Windows path and is passed over on this platform")
}

/// The stores as a symbol path writes them, but the default one by its name on this machine, as SymSrv shows it.
fn shown(stores: &[Named], plan: &Plan) -> String {
    let stores = stores.iter().map(|store| match store {
        Named::Default => plan.default_store.display().to_string(),
        Named::Directory(_) | Named::Http(_) => store.to_string(),
    });
    stores.collect::<Vec<_>>().join("*")
}

#[cfg(test)]
mod tests {
    use symgate_path::{Security, SymbolPath};

    use super::*;
    use crate::{Client, Config};

    fn planned(path: &str) -> (Vec<Step>, Vec<String>) {
        let plan = Plan {
            path: SymbolPath::parse(path).path,
            security: Security::Open,
            default_store: "/home/sym".into(),
        };
        let client = Client::new(Config::new(SymbolPath::default(), "/home/sym")).unwrap();
        steps(&plan, client.settings())
    }

    fn check(path: &str, expected: &[&str], warned: usize) {
        let (steps, warnings) = planned(path);
        let steps: Vec<String> = steps
            .iter()
            .map(|step| match step {
                Step::Directory { directory, cache, .. } => {
                    format!(
                        "{} {}",
                        directory.display(),
                        if cache.is_some() { "cached" } else { "plain" }
                    )
                }
                Step::Chain(chain) => {
                    let places = chain.places.iter().map(|place| match place {
                        Place::Local(store) => store.root().display().to_string(),
                        Place::Server(server) => server.shown.clone(),
                        Place::Foreign(_) => "foreign".into(),
                    });
                    places.collect::<Vec<_>>().join(" ")
                }
            })
            .collect();
        assert_eq!(steps, expected, "{path}");
        assert_eq!(warnings.len(), warned, "{path}: {warnings:?}");
    }

    #[test]
    fn origins_are_those_of_the_servers() {
        let path = "srv*/m*https://h/s*http://i:81/t;/a;cache*/c;srv*https://H:443/other";
        let origins: Vec<_> = planned(path).0.iter().flat_map(Step::origins).collect();
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        assert_eq!(origins, ["https://h", "http://i:81", "https://h"]);
    }

    #[test]
    fn the_default_store_is_where_the_settings_say() {
        check("srv*https://h/s", &["/home/sym https://h/s"], 0);
        check("srv**/m*https://h/s", &["/home/sym /m https://h/s"], 0);
        check("/a;cache*/c;/b", &["/a plain", "/c", "/b cached"], 0);
    }

    #[test]
    fn the_store_of_a_pointers_url_begins_above_name_and_key() {
        for (url, expected) in [
            ("http://h/sym/app.pdb/1/app.pdb", "sym"),
            ("http://h/a/sym/app.pdb/1/app.pd_?sig=a/b", "a/sym"),
            ("http://h/app.pdb/1/app.pdb", ""),
            ("http://h/drop/app.pdb", "drop"),
            ("http://h/app.pdb", ""),
            ("http://h/", ""),
        ] {
            assert_eq!(base_path(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn windows_paths_are_passed_over_with_a_warning() {
        check(r"srv*C:\sym*https://h/s", &["/home/sym https://h/s"], 1);
        check(r"srv*C:\sym*/m*https://h/s", &["/m https://h/s"], 1);
        check(r"srv*C:\sym", &[""], 1);
        check(r"\\server\share;/a", &["/a plain"], 1);
    }
}
