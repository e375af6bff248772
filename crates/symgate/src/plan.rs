//! [`Plan`]: what is searched, and where files are kept; [`Habits`]: how one search treats what it finds.

use std::path::PathBuf;
use std::sync::Arc;

use symgate_auth::Credentials;
use symgate_http::origin_of;
use symgate_path::{Effective, Security, Store, SymbolPath};
use symgate_policy::{Explicit, Given};

/// What a client searches, and where it keeps what the path names no place for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// What is searched.
    pub path: SymbolPath,
    /// Whether the path may name servers and downstream stores.
    pub security: Security,
    /// Where the default downstream store is.
    pub default_store: PathBuf,
}

/// How a search treats copies that are there, and files that do not match.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Habits {
    /// What to do about copies in downstream stores.
    pub existing: Existing,
    /// What to do about a PDB of another build.
    pub mismatch: Mismatched,
}

/// What to do about a copy in a downstream store.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Existing {
    /// It is the file.
    #[default]
    Keep,
    /// The stores further upstream are asked again, and what they have replaces it (`.reload /o`). Where they have
    /// nothing it is the file all the same, with a warning.
    Replace,
}

/// What to do about a PDB that a plain directory has under the right name, and that is of another build.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mismatched {
    /// It is found, as [`Fit::Mismatched`](crate::Fit::Mismatched), where nobody has the right one (`.reload /i`).
    Accept,
    /// It is not the file.
    #[default]
    Refuse,
}

impl Plan {
    /// What the user gave, and behind it the logins that stand in the path's own URLs.
    pub(crate) fn logins(&self, explicit: Explicit) -> Explicit {
        let effective = self.path.effective(self.security).into_iter();
        let stores = effective.filter_map(|effective| match effective {
            Effective::Chain(chain) => Some(chain.into_stores()),
            _ => None,
        });
        stores.flatten().fold(explicit, |explicit, store| {
            let Store::Http(base) = store else { return explicit };
            let (Some(userinfo), Some(origin)) = (base.userinfo(), origin_of(base.url())) else {
                return explicit;
            };
            explicit.at_store(
                origin,
                match userinfo.expose_password() {
                    Some(password) => Given::Credentials(Arc::new(Credentials::password(userinfo.user(), password))),
                    None => Given::Name(userinfo.user().to_owned()),
                },
            )
        })
    }
}
