//! [`Handler`]: the caller's side of an errand.

use std::io;

use symgate_auth::CredentialSource;
use symgate_http::{NoRoute, Note, ResponseHead, Routes};
use url::Url;

use crate::trace::Trace;

/// Who chooses the way, answers questions, and takes the answer.
///
/// One handler serves one errand, on the thread that called [`Client::fetch`](crate::Client::fetch); each method may
/// block, and the errand waits. Time spent in [`answer`](CredentialSource::answer) is limited by nobody but the source.
pub trait Handler: CredentialSource {
    /// Which routes lead to this URL, in order of preference.
    ///
    /// # Errors
    ///
    /// [`NoRoute`] ends the errand with its reason.
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute>;

    /// Takes the head of the final answer.
    ///
    /// # Errors
    ///
    /// Ends the errand as [`Error::Sink`](crate::Error::Sink).
    fn head(&mut self, head: &ResponseHead) -> io::Result<()>;

    /// Takes a piece of the final answer's body, decoded.
    ///
    /// # Errors
    ///
    /// Ends the errand as [`Error::Sink`](crate::Error::Sink).
    fn body(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Learns what happens on the way.
    fn note(&mut self, note: &Note) {
        let _ = note;
    }

    /// Learns what happens on the network.
    fn trace(&mut self, trace: &Trace<'_>) {
        let _ = trace;
    }
}
