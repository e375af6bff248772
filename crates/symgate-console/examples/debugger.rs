//! The commands of standard input, carried out as CDB does: `cargo run -p symgate-console --example debugger -- FILE...`
//!
//! Path and proxies come from the environment. Nobody is asked for a password.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::env;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use symgate::net::Cancel;
use symgate::{Client, Config};
use symgate_console::{Console, Flow, Module, Runner, Start};
use symgate_policy::{Debugger, Policy};

fn main() -> Result<(), Box<dyn Error>> {
    let debugger = Debugger::Cdb;
    let (mut config, _) = Config::from_env();
    let modules: Result<Vec<Module>, _> = env::args_os()
        .skip(1)
        .map(|file| Module::read(Path::new(&file)))
        .collect();
    let home = config.default_store.parent().map(PathBuf::from).unwrap_or_default();
    let console = Console::new(Start {
        debugger,
        options: debugger.start_options(),
        path: config.path.clone(),
        home,
        modules: modules?,
    });
    let plan = console.plan();
    (config.security, config.default_store) = (plan.security, plan.default_store);
    config.policy = Policy::debugger(debugger, Some(console.debugging().effective()));
    let mut runner = Runner::new(console, Client::new(config)?);
    for line in io::stdin().lines() {
        let line = line?;
        println!("{} {line}", runner.console().prompt());
        if runner.run_line(&line, &|text| print!("{text}"), &Cancel::new()) == Flow::Quit {
            break;
        }
    }
    Ok(())
}
