//! Sessions played by hand through the public API: with Basic, with Digest, and with mechanisms that plug in from outside.
#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

mod basic;
mod digest;
mod plugged;
mod support;
