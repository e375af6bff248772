//! The laws that hold for any input: one function each, over arbitrary bytes, by public API only.
//!
//! Three callers share them: proptest (`tests/properties.rs`, and the tests of each crate), the targets of `fuzz/`, and
//! `tests/corpus.rs`, which replays stored inputs on the stable compiler. A law that a crate proves by itself stands in
//! that crate's tests and is taken in here by its path; so [`TARGETS`] is the one list of what is fuzzed. A broken law
//! panics. Nothing here needs a socket: a fuzz build takes this crate without its default features.

pub mod auth;
pub mod console;
pub mod credentials;
pub mod errand;
pub mod identity;
pub mod index;
pub mod path;
pub mod policy;
pub mod probe;
pub mod proxy;
pub mod socks;
pub mod store;
pub mod wire;

/// A law over arbitrary bytes.
pub type Law = fn(&[u8]);

/// What each fuzz target, by its name, holds its input against.
pub const TARGETS: &[(&str, Law)] = &[
    ("bypass_list", proxy::bypass_list),
    ("challenge", auth::challenge),
    ("check", index::check),
    ("choose", proxy::choose),
    ("console_line", console::console_line),
    ("decide", policy::decide),
    ("digest_challenge", auth::digest_challenge),
    ("effective_chains", path::effective_chains),
    ("errand", errand::law),
    ("errand_policy", errand::under_policy),
    ("expansion", store::expansion),
    ("file_id", path::file_id),
    ("heads", wire::heads),
    ("helper_reply", credentials::helper_reply),
    ("identify", index::identify),
    ("identity", identity::law),
    ("kioslaverc", proxy::kioslaverc),
    ("netrc", credentials::netrc),
    ("no_proxy", proxy::no_proxy),
    ("ntlm_challenge", auth::ntlm_challenge),
    ("pac_result", proxy::pac_result),
    ("page", probe::page),
    ("pointer", store::pointer),
    ("policy_file", policy::policy_file),
    ("policy_secrets", policy::policy_secrets),
    ("policy_session", policy::policy_session),
    ("proxy_list", proxy::proxy_list),
    ("proxy_secrets", proxy::proxy_secrets),
    ("proxy_settings", proxy::proxy_settings),
    ("round_trip", wire::round_trip),
    ("session", auth::session),
    ("socks_reply", socks::socks_reply),
    ("spnego_token", auth::spnego_token),
    ("store_failures", store::store_failures),
    ("store_readers", store::store_readers),
    ("symbol_path", path::symbol_path),
    ("wire", wire::laws),
];
