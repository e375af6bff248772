//! One file for each subcommand.

pub(crate) mod get;
pub(crate) mod probe;
pub(crate) mod proxy;
pub(crate) mod shell;
