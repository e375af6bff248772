//! `symgate`: debug symbols through firewalls and proxies, from the command line.
//!
//! This crate is the terminal: arguments in, paths and words out. Whatever a library user would want is in the
//! libraries.
#![forbid(unsafe_code)]

mod answers;
mod args;
mod cmd;
mod interrupt;
mod lines;
mod modes;
mod output;
mod progress;
mod report;
mod settings;
mod tty;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    tty::restore_on_panic();
    match Cli::parse().command {
        Command::Get(get) => cmd::get::run(&get),
        Command::Probe(probe) => cmd::probe::run(&probe),
        Command::Proxy(proxy) => cmd::proxy::run(&proxy),
        Command::Shell(shell) => cmd::shell::run(&shell),
    }
}
