//! [`Limits`]: how much a peer may ask of a session.

/// Bounds on what one session accepts from its peer; all finite.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of all challenge fields of one answer together; 16 KiB, twice the largest Kerberos token in base64 that
    /// common servers accept, and a quarter of a head.
    pub challenge_bytes: usize,
    /// Challenges handled for each answer given; 8. NTLM needs 3, a Kerberos exchange through SPNEGO at most 5.
    pub rounds: u32,
    /// Connections that may close inside a connection-bound exchange, for each answer given; 4. A proxy that does not
    /// keep the connection of its first challenge costs one, a parked connection that died another.
    pub restarts: u32,
    /// Of those, the ones after the value that decides; 1. The peer may have judged it without an answer, and a value
    /// sent over and over could be as many failed logons.
    pub repeats: u32,
    /// Characters of a realm that are kept for display and comparison; 256, several lines of a dialog.
    pub realm_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            challenge_bytes: 16 * 1024,
            rounds: 8,
            restarts: 4,
            repeats: 1,
            realm_chars: 256,
        }
    }
}
