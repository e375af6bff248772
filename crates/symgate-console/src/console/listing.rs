//! `lm`: lists of modules (SYMSRV §6.7).

use symgate::Fit;

use super::Console;
use crate::command::{Column, List, Side};
use crate::date::utc;
use crate::module::{Module, Presence, State, shown};
use crate::text::Digits;
use crate::wildcard::Wildcard;

impl Console {
    pub(super) fn list(&mut self, list: &List) {
        let names = list.name.as_deref().map(Wildcard::new);
        let paths = list.path.as_deref().map(Wildcard::new);
        let kernel = self.debugging.debugger() == symgate_policy::Debugger::Kd;
        let fits = |module: &Module| {
            names.as_ref().is_none_or(|names| names.matches(&module.name))
                && paths.as_ref().is_none_or(|paths| paths.matches(&shown(&module.path)))
                && list.side.is_none_or(|side| kernel == (side == Side::Kernel))
                && list
                    .address
                    .is_none_or(|at| (module.image.base..module.end()).contains(&at))
                && (!list.with_symbols || matches!(module.symbols, State::Loaded(_)))
                && (!list.troubled || is_troubled(module))
        };
        let mut order = self.modules.by_address();
        let pick = |index: &usize| self.modules.get(*index).filter(|module| fits(module));
        if list.by_name {
            order.sort_by_key(|index| pick(index).map(|module| module.name.to_lowercase()));
        }
        let mut lines = Vec::new();
        let digits = self.modules.digits();
        if !list.names {
            lines.push(match digits {
                Digits::Eight => "start    end        module name".to_owned(),
                Digits::Sixteen => "start             end                 module name".to_owned(),
            });
        }
        for module in order.iter().filter_map(pick) {
            if list.names {
                lines.push(module.name.clone());
                continue;
            }
            lines.push(self.row(module, list, digits));
            if list.verbose {
                lines.extend(details(module));
            }
        }
        let gone = self.modules.with(Presence::Unloaded);
        let gone: Vec<&Module> = gone.filter_map(|index| pick(&index)).collect();
        if !gone.is_empty() && !list.loaded && !list.with_symbols && !list.names {
            lines.push(String::new());
            lines.push("Unloaded modules:".to_owned());
            for module in gone {
                lines.push(format!("{}   {}", range(module, digits), module.image_name));
            }
        }
        lines.iter().for_each(|line| self.say(line));
    }

    /// The width of the columns is unverified: what was seen differs from version to version.
    fn row(&self, module: &Module, list: &List, digits: Digits) -> String {
        let mut row = format!("{}   {:<10}", range(module, digits), module.name);
        // The image's name stands beside the state, everything else in its place.
        if list.columns.iter().all(|column| *column == Column::Image) {
            let (state, file) = module.state(self.public());
            let state = format!(" {}{state:<23}", module.flags());
            row.push_str(&state);
            row.push_str(if list.columns.is_empty() {
                &file
            } else {
                &module.image_name
            });
        }
        for column in &list.columns {
            match column {
                Column::Image => {}
                Column::Name => row.push_str(&format!(" {:<16}", module.image_name)),
                Column::Path | Column::Mapped => row.push_str(&format!(" {}", shown(&module.path))),
                Column::Time => row.push_str(&format!(" {}", stamp(module))),
            }
        }
        if list.checksum {
            row.push_str(&format!(" checksum {:08X}", module.image.checksum));
        }
        row
    }
}

/// Whether `lm e` shows a module: one of its flags is set, or its symbols are not there.
fn is_troubled(module: &Module) -> bool {
    match &module.symbols {
        State::Deferred => false,
        State::Failed(_) => true,
        State::Loaded(symbols) => symbols.fit == Fit::Mismatched || !module.flags().is_empty(),
    }
}

fn range(module: &Module, digits: Digits) -> String {
    format!("{} {}", digits.of(module.image.base), digits.of(module.end()))
}

fn stamp(module: &Module) -> String {
    let timestamp = module.image.timestamp;
    format!("{} ({timestamp:08X})", utc(timestamp))
}

/// What `lm v` adds to a row.
fn details(module: &Module) -> Vec<String> {
    let mut lines = Vec::new();
    if !matches!(module.symbols, State::Deferred) {
        lines.push(format!("    Loaded symbol image file: {}", module.image_name));
    }
    lines.push(format!("    Image path: {}", shown(&module.path)));
    lines.push(format!("    Image name: {}", module.image_name));
    lines.push(format!("    Timestamp:        {}", stamp(module)));
    lines.push(format!("    CheckSum:         {:08X}", module.image.checksum));
    lines.push(format!("    ImageSize:        {:08X}", module.image.size));
    lines
}
