//! The first entry of a `NO_PROXY` list that matches, without a look at each entry.
//!
//! Lists of offices have hundreds of entries, and every URL is asked for, every redirect and every variant of a name.
//! What is found is what going through the list finds: the first entry, by the rules of [`NoProxy`](super::NoProxy).

use std::{borrow::Cow, collections::HashMap};

use url::Host;

use super::{BypassEntry, Matcher};

/// Places in a list, each kind in ascending order.
#[derive(Debug, Default)]
pub(super) struct Index {
    everything: Vec<usize>,
    /// By the domain, in lower case: one place for each port that is named.
    domains: HashMap<Box<str>, Vec<usize>>,
    /// Bytes of the longest domain: what is longer need not be looked up, however many dots a host has.
    longest: usize,
    v4: Vec<Network<u32>>,
    v6: Vec<Network<u128>>,
}

#[derive(Debug)]
struct Network<Bits> {
    network: Bits,
    mask: Bits,
    at: usize,
}

impl Index {
    pub(super) fn new(entries: &[BypassEntry]) -> Self {
        let mut index = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            match &*entry.matcher {
                Matcher::Everything => index.everything.push(at),
                Matcher::Domain(domain) => {
                    index.longest = index.longest.max(domain.len());
                    let places = index.domains.entry(domain.to_ascii_lowercase().into());
                    places.or_default().push(at);
                }
                Matcher::V4 { network, mask } => index.v4.push(Network {
                    network: *network,
                    mask: *mask,
                    at,
                }),
                Matcher::V6 { network, mask } => index.v6.push(Network {
                    network: *network,
                    mask: *mask,
                    at,
                }),
                // `NO_PROXY` has none of these.
                Matcher::Exactly(_) | Matcher::Pattern(_) | Matcher::Local | Matcher::NotLoopback => {}
            }
        }
        index
    }

    /// The first place whose entry is about the host and that `fits`.
    pub(super) fn first(&self, host: &Host<&str>, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let everything = self.everything.iter().copied().find(|at| fits(*at));
        let named = match host {
            Host::Domain(name) => self.below(name, &fits),
            Host::Ipv4(address) => {
                let bits = address.to_bits();
                let about = |one: &&Network<u32>| bits & one.mask == one.network && fits(one.at);
                self.v4.iter().find(about).map(|one| one.at)
            }
            Host::Ipv6(address) => {
                let bits = address.to_bits();
                let about = |one: &&Network<u128>| bits & one.mask == one.network && fits(one.at);
                self.v6.iter().find(about).map(|one| one.at)
            }
        };
        everything.into_iter().chain(named).min()
    }

    /// Asks for the name and for each domain above it.
    fn below(&self, name: &str, fits: impl Fn(usize) -> bool) -> Option<usize> {
        if self.domains.is_empty() {
            return None;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        // The URL parser leaves hosts of unknown schemes as they are.
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        let mut first: Option<usize> = None;
        let mut rest = Some(&*name);
        while let Some(domain) = rest {
            if domain.len() <= self.longest {
                let places = self.domains.get(domain).map(Vec::as_slice).unwrap_or_default();
                let found = places.iter().copied().find(|at| fits(*at));
                first = first.into_iter().chain(found).min();
            }
            rest = domain.split_once('.').map(|(_, above)| above);
        }
        first
    }
}
