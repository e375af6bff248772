//! One client for symbol files, built from the symgate crates.
