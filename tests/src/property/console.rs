//! Laws of `symgate-console`: any bytes as the lines of a debugging session.

use std::io::Cursor;

use symgate::{ErrorKind, Fit};
use symgate_console::{Action, Console, Failure, Module, PdbFacts, Place, Start, Symbols, is_deceptive};
use symgate_index::{Guid, PrivateSymbols};
use symgate_path::SymbolPath;
use symgate_policy::{Debugger, Effect, Prompts};

use crate::made::{Pe, Record, Width};
use crate::sample::Sample;

/// Any lines, on a console with two modules: each ends, after a bounded number of actions, in the prompt or in leaving;
/// what is printed is bounded and holds no control character; and the client was told the prompt setting that the
/// console believes to be in force.
///
/// The first byte chooses the debugger. What the world says to the console is odd on purpose.
pub fn console_line(bytes: &[u8]) {
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let (choice, text) = bytes.split_first().unwrap_or((&0, bytes));
    let debugger = [Debugger::Cdb, Debugger::Kd, Debugger::WinDbg][usize::from(*choice) % 3];
    let mut console = Console::new(Start {
        debugger,
        options: debugger.start_options(),
        path: SymbolPath::parse("/dir;srv*https://h/s").path,
        home: "/home/dbg".into(),
        modules: vec![module(Sample(1), Width::Pe32), module(Sample(2), Width::Pe32Plus)],
    });
    let mut world = World {
        told: debugger.prompts(),
        turn: 0,
    };
    let text = String::from_utf8_lossy(text);
    for line in text.split('\n') {
        console.handle_line(line);
        if world.carry_out(&mut console, text.len()) == Ended::Left {
            return;
        }
    }
}

struct World {
    /// The prompt setting that the client was told last.
    told: Prompts,
    /// Counts what was asked, so that answers differ.
    turn: usize,
}

#[derive(PartialEq, Eq)]
enum Ended {
    Left,
    Prompt,
}

impl World {
    fn carry_out(&mut self, console: &mut Console, length: usize) -> Ended {
        // A line adds modules and elements, and lists them, as often as it is long.
        let most = (length + 16) * (length + 16);
        let mut printed = 0;
        for _ in 0..most {
            self.turn += 1;
            let odd = !self.turn.is_multiple_of(2);
            let answered = match console.poll() {
                Action::Adopt(_) if self.turn.is_multiple_of(5) => console.handle_adopted(Err(NASTY.into())),
                Action::Adopt(_) => console.handle_adopted(Ok(vec![NASTY.into()])),
                Action::Load(loads) => (0..loads.len()).try_for_each(|number| {
                    self.turn += 1;
                    console.handle_loaded(number, result(self.turn))
                }),
                Action::Look(_) => console.handle_looked(if odd { Place::Directory } else { Place::Nothing }),
                Action::Obey(effect) => {
                    if let Effect::Decide(prompts) | Effect::CloseAndDecide(prompts) = effect {
                        self.told = prompts;
                    }
                    Ok(())
                }
                Action::Print(text) => {
                    assert!(text.ends_with('\n'), "whole lines");
                    for line in text.lines() {
                        let line = line.trim_start_matches('\t');
                        assert!(!line.contains(is_deceptive), "{line:?}");
                    }
                    printed += text.len();
                    assert!(printed <= most * 64, "{printed} bytes printed");
                    Ok(())
                }
                Action::Quit => return Ended::Left,
                Action::Read(_) if odd => console.handle_read(Err(NASTY.into())),
                Action::Read(_) => console.handle_read(Ok(pdb(PrivateSymbols::Stripped))),
                Action::Ready => {
                    assert_eq!(self.told, console.debugging().effective(), "what is in force");
                    return Ended::Prompt;
                }
                other => panic!("{other:?}"),
            };
            answered.expect("each answer is the one that its action asks for");
        }
        panic!("a line does not end")
    }
}

fn result(turn: usize) -> Result<Symbols, Failure> {
    let found = |fit, private| Symbols::new("/home/dbg/sym/\u{7}", "https://h/s", fit).with_pdb(pdb(private));
    Err(match turn % 6 {
        0 => return Ok(found(Fit::Matched, PrivateSymbols::Kept)),
        1 => return Ok(found(Fit::Mismatched, PrivateSymbols::Stripped)),
        2 => Failure::new(ErrorKind::Refused, NASTY),
        3 => Failure::new(ErrorKind::Content, NASTY),
        4 => Failure::new(ErrorKind::Interrupted, NASTY),
        _ => Failure::new(ErrorKind::Missing, NASTY),
    })
}

fn pdb(private: PrivateSymbols) -> PdbFacts {
    PdbFacts {
        guid: Guid::from_file_order([7; 16]),
        age: 1,
        private,
    }
}

fn module(sample: Sample, width: Width) -> Module {
    let record = Record::rsds(sample.guid(), 1, &sample.name());
    let pe = Pe {
        width,
        ..Pe::new(vec![record])
    };
    let name = format!("/bin/app{}.dll", sample.0);
    Module::decode(name, Cursor::new(pe.build())).expect("a made image is one")
}

/// What a peer may say.
const NASTY: &str = "\u{1b}[2J\r\n\u{202e}'*\t`";

/// What is longer is cut: a session takes time in the square of its length.
const LONGEST: usize = 4 << 10;
