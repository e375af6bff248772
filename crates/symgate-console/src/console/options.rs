//! `!sym`, `.symopt`, `.lines`, `.secure`: options, and what they show (SYMSRV §3.3, §3.4, §6.1, §6.2).

use symgate_policy::{Command as Happening, Prompts, SymbolOptions};

use super::Console;
use crate::command::{Lines, SYM, Secure, Sym, SymOpt};

impl Console {
    pub(super) fn sym(&mut self, sym: Sym) {
        match sym {
            Sym::Noisy => self.happen(Happening::Add(SymbolOptions::DEBUG)),
            Sym::Quiet => self.happen(Happening::Remove(SymbolOptions::DEBUG)),
            Sym::Prompts => self.happen(Happening::Remove(SymbolOptions::NO_PROMPTS)),
            Sym::PromptsOff => self.happen(Happening::Add(SymbolOptions::NO_PROMPTS)),
            Sym::Show => {}
        }
        let noise = if self.is_noisy() { "noisy" } else { "quiet" };
        let prompts = match self.debugging.policy() {
            Prompts::Off => "off",
            Prompts::On => "on",
        };
        let state = format!("{noise} mode - symbol prompts {prompts}");
        match sym {
            Sym::Show => self.say(&format!("{SYM} - {state}")),
            _ => self.say(&state),
        }
    }

    pub(super) fn symopt(&mut self, options: SymOpt) {
        match options {
            SymOpt::Add(options) => self.change(Happening::Add(options)),
            SymOpt::Remove(options) => self.change(Happening::Remove(options)),
            SymOpt::Show => {}
        }
        let set = self.debugging.options();
        self.say(&format!("Symbol options are {:#x}:", set.bits()));
        for (option, name) in SymbolOptions::named().filter(|(option, _)| set.contains(*option)) {
            self.say(&format!("  0x{:08X} - {name}", option.bits()));
        }
    }

    /// The texts are unverified.
    pub(super) fn lines(&mut self, lines: Lines) {
        let option = SymbolOptions::LOAD_LINES;
        let load = match lines {
            Lines::Disable => false,
            Lines::Enable => true,
            Lines::Toggle => !self.has(option),
        };
        if load {
            self.change(Happening::Add(option));
            self.say("Line number information will be loaded");
        } else {
            self.change(Happening::Remove(option));
            self.say("Line number information will not be loaded");
        }
    }

    /// The texts are unverified.
    pub(super) fn secure(&mut self, secure: Secure) {
        if secure == Secure::Enter {
            self.change(Happening::Add(SymbolOptions::SECURE));
        }
        match (self.has(SymbolOptions::SECURE), secure) {
            (true, Secure::Leave) => self.say("Secure mode is on and cannot be switched off."),
            (true, _) => self.say("Secure mode is on."),
            (false, _) => self.say("Secure mode is off."),
        }
    }

    /// Changes options; secure mode changes what is searched (SYMSRV §1.8).
    fn change(&mut self, happening: Happening) {
        let before = self.plan().security;
        self.happen(happening);
        if self.plan().security != before {
            self.adopt_again();
        }
    }
}
