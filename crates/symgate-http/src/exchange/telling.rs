//! What an exchange tells of authentication on its way: what was offered, what was tried, and how that ended.

use symgate_auth::Target;
use symgate_auth::challenge::parse;

use super::Exchange;
use crate::head::ResponseHead;
use crate::note::{Note, Offer};

/// What was told of one side already.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The mechanism whose value went out last.
    mechanism: Option<&'static str>,
    /// How many ends of schemes.
    ended: usize,
}

impl Exchange {
    /// Tells whose challenge this is and what it offers.
    pub(super) fn tell_challenge(&mut self, target: Target, field: &str, head: &ResponseHead) {
        let hop = self.side(target).map_or(&self.hop, |side| &side.hop).clone();
        let limits = &self.limits.auth;
        let list = parse(head.fields.values(field), limits.challenge_bytes).unwrap_or_default();
        let offers = list.into_iter().filter_map(|entry| match entry {
            Ok(challenge) => Some(Offer {
                scheme: challenge.name().chars().take(limits.realm_chars).collect(),
                realm: challenge.realm(limits.realm_chars),
            }),
            Err(flaw) => flaw.name.map(|scheme| Offer { scheme, realm: None }),
        });
        self.notes.push_back(Note::Challenged {
            hop,
            status: head.status,
            offers: offers.take(Note::OFFERS).collect(),
        });
    }

    /// Tells of each mechanism whose first value goes out now.
    pub(super) fn tell_mechanisms(&mut self) {
        for side in [&mut self.proxy, &mut self.origin].into_iter().flatten() {
            if side.session.authorization().is_some()
                && let Some(mechanism) = side.session.mechanism()
                && side.told.mechanism != Some(mechanism)
            {
                side.told.mechanism = Some(mechanism);
                let hop = side.hop.clone();
                self.notes.push_back(Note::Authenticating { hop, mechanism });
            }
        }
    }

    /// Tells of each scheme that was given up since.
    pub(super) fn tell_ended(&mut self) {
        for side in [&mut self.proxy, &mut self.origin].into_iter().flatten() {
            let tried = side.session.tried();
            for tried in tried.get(side.told.ended..).unwrap_or_default() {
                self.notes.push_back(Note::SchemeEnded {
                    hop: side.hop.clone(),
                    tried: tried.clone(),
                });
            }
            side.told.ended = side.told.ended.max(tried.len());
        }
    }
}
