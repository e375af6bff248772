//! `symgate shell`: the debuggers' symbol commands, from a terminal or from a file (SYMSRV §6).

use std::io;
use std::process::ExitCode;

use symgate::{Client, Plan};
use symgate_console::{Console, Flow, Module, Runner, Start};

use crate::answers;
use crate::args::Shell;
use crate::interrupt::{self, Interrupts};
use crate::lines::{self, Line, Lines};
use crate::output::{Drawing, Output};
use crate::report::{self, chain, plain};
use crate::settings::{self, Debuggee};

/// Runs the command.
pub(crate) fn run(shell: &Shell) -> ExitCode {
    let output = Output::new(Drawing::Off);
    let mut modules = Vec::new();
    let mut errors = Vec::new();
    for file in &shell.files {
        match Module::read(file) {
            Ok(module) => modules.push(module),
            Err(error) => errors.push(answers::in_full(&error)),
        }
    }
    let configured = settings::of_shell(shell, &output);
    errors.extend(configured.as_ref().err().cloned());
    errors.iter().for_each(|error| say(&output, error));
    let (
        Ok(Debuggee {
            mut config,
            debugger,
            options,
            warnings,
        }),
        true,
    ) = (configured, errors.is_empty())
    else {
        return ExitCode::from(report::USAGE);
    };
    let console = Console::new(Start {
        debugger,
        options,
        path: config.path.clone(),
        home: settings::home(&config),
        modules,
    });
    Plan {
        path: config.path,
        security: config.security,
        default_store: config.default_store,
    } = console.plan();
    let client = match Client::new(config) {
        Ok(client) => client,
        Err(error) => {
            say(&output, &chain(&error));
            return report::status([error.kind()]);
        }
    };
    let warnings = warnings.iter().chain(client.warnings());
    warnings.for_each(|warning| say(&output, &format!("warning: {warning}")));
    converse(Runner::new(console, client), &output)
}

/// Reads commands and carries them out, until there are no more.
fn converse(mut runner: Runner, output: &Output) -> ExitCode {
    let interrupts = Interrupts::install();
    let mut lines = match Lines::open() {
        Ok(lines) => lines,
        Err(error) => return unreadable(output, &error),
    };
    loop {
        let line = match lines.next(runner.console().prompt()) {
            Ok(Line::Command(line)) => line,
            Ok(Line::End) => return ExitCode::SUCCESS,
            Ok(Line::GivenUp) => continue,
            Ok(Line::Gone) => return ExitCode::from(interrupt::STATUS),
            Ok(Line::TooLong) => {
                say(output, &format!("a command has {} bytes at most", lines::LONGEST));
                continue;
            }
            Err(error) => return unreadable(output, &error),
        };
        let cancel = interrupts.begin();
        let flow = runner.run_line(&line, &|text| output.result(text.as_bytes().to_vec()), &cancel);
        let terminated = interrupts.finish();
        // What a file says was meant as a whole: whoever interrupts it does not want the rest.
        let interrupted = cancel.is_cancelled() && matches!(lines, Lines::Piped(_));
        if terminated.is_some() || interrupted {
            return ExitCode::from(interrupt::STATUS);
        }
        if let Some(error) = output.take_lost() {
            // A reader that is gone wants no more.
            if error.kind() == io::ErrorKind::BrokenPipe {
                return ExitCode::SUCCESS;
            }
            say(output, &format!("the output cannot be written: {error}"));
            return report::status([symgate::ErrorKind::Store]);
        }
        if flow == Flow::Quit {
            return ExitCode::SUCCESS;
        }
    }
}

fn unreadable(output: &Output, error: &io::Error) -> ExitCode {
    say(output, &format!("standard input cannot be read: {error}"));
    ExitCode::from(report::USAGE)
}

fn say(output: &Output, text: &str) {
    output.message(&format!("symgate: {}\n", plain(text)));
}
