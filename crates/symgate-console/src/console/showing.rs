//! `!lmi` and `!chksym`: what an image says, and whether its symbols fit (SYMSRV §6.7).

use std::path::{Path, PathBuf};

use symgate_index::{Exports, Guid};

use super::{Console, Next, Question, Step};
use crate::date::utc;
use crate::module::{Module, PdbFacts, Presence, State, shown};
use crate::modules::Naming;
use crate::text::plain;

/// A module that is compared with a symbol file.
#[derive(Debug)]
pub(super) struct Comparison {
    module: usize,
    file: PathBuf,
}

impl Comparison {
    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

impl Console {
    pub(super) fn begin_lmi(&mut self, word: &str) {
        match self.modules.one(word) {
            Some(module) => {
                self.need(module);
                self.steps.push_back(Step::Then(Next::Describe(module)));
            }
            None => self.not_found(word),
        }
    }

    /// The lines are those of the documentation's example; `Symbol Type` and `Load Report` of loaded symbols are
    /// unverified.
    pub(super) fn describe(&mut self, index: usize) {
        let Some(module) = self.modules.get(index) else { return };
        let image = &module.image;
        let mut lines = vec![format!("Loaded Module Info: [{}]", module.name)];
        let mut line = |label: &str, value: String| lines.push(format!("{label:>15}: {value}"));
        line("Module", module.name.clone());
        line("Base Address", format!("{:016x}", image.base));
        line("Image Name", module.image_name.clone());
        line(
            "Machine Type",
            format!("{} ({})", image.machine, machine(image.machine)),
        );
        line("Time Stamp", format!("{:x} {}", image.timestamp, utc(image.timestamp)));
        line("Size", format!("{:x}", image.size));
        line("CheckSum", format!("{:x}", image.checksum));
        let stripped = if image.characteristics & DEBUG_STRIPPED == 0 {
            ""
        } else {
            " stripped"
        };
        line("Characteristics", format!("{:x}{stripped}", image.characteristics));
        if !image.debug.is_empty() {
            line("Debug Data Dirs", "Type  Size     VA  Pointer".to_owned());
            for entry in &image.debug {
                let kind = kind(entry.kind);
                let mut row = format!(
                    "{kind:>21} {:>5x}, {:>6x}, {:>7x}",
                    entry.size, entry.address, entry.offset
                );
                if kind == "CODEVIEW"
                    && let Some(codeview) = &image.codeview
                {
                    row.push_str(&format!(" RSDS - GUID: {{{}}}", hyphened(codeview.guid)));
                    lines.push(row);
                    row = format!("{:>21}Age: {:x}, Pdb: {}", "", codeview.age, plain(&codeview.path));
                }
                lines.push(row);
            }
        }
        let mut line = |label: &str, value: String| lines.push(format!("{label:>15}: {value}"));
        let exports = image.exports == Exports::Present;
        let (kind, report) = match &module.symbols {
            State::Deferred => (
                "DEFERRED - No error - symbol load deferred".to_owned(),
                "no symbols loaded",
            ),
            State::Failed(_) if exports => ("EXPORT   - PDB not found".to_owned(), "export symbols"),
            State::Failed(_) => ("NONE     - PDB not found".to_owned(), "no symbols loaded"),
            State::Loaded(symbols) => {
                let report = if symbols.is_private(self.public()) {
                    "private symbols"
                } else {
                    "public symbols"
                };
                ("PDB      - Symbols loaded successfully.".to_owned(), report)
            }
        };
        line("Symbol Type", kind);
        if let State::Loaded(symbols) = &module.symbols {
            lines.push(format!("{:>17}{}", "", shown(&symbols.path)));
            lines.push(format!("{:>15}: {report}", "Load Report"));
        } else {
            line("Load Report", report.to_owned());
            if let State::Failed(failure) = &module.symbols {
                lines.push(format!("{:>17}{}", "", failure.reason));
            }
        }
        lines.iter().for_each(|line| self.say(line));
    }

    pub(super) fn begin_chksym(&mut self, word: &str, symbol: Option<&str>) {
        let modules = self.modules.named(word, Naming::Pattern, Presence::Loaded);
        if modules.is_empty() {
            return self.not_found(word);
        }
        for module in modules {
            if symbol.is_none() {
                self.need(module);
            }
            let symbol = symbol.map(PathBuf::from);
            self.steps.push_back(Step::Then(Next::Compare { module, symbol }));
        }
    }

    pub(super) fn compare(&mut self, index: usize, symbol: Option<PathBuf>) {
        let Some(module) = self.modules.get(index) else { return };
        let loaded = match &module.symbols {
            State::Loaded(symbols) => Some(symbols.clone()),
            State::Deferred | State::Failed(_) => None,
        };
        let mut lines = vec![String::new()];
        lines.extend(identity(module));
        lines.push(String::new());
        let name = module.name.clone();
        lines.iter().for_each(|line| self.say(line));
        if let Some(file) = symbol {
            let module = index;
            // At the front: the modules after this one wait.
            self.steps
                .push_front(Step::Ask(Question::Compare(Comparison { module, file })));
        } else if let Some(symbols) = loaded {
            self.say(&format!("Loaded pdb is {}", shown(&symbols.path)));
            if let Some(pdb) = symbols.pdb {
                self.judge(index, &symbols.path, pdb);
            }
        } else {
            self.say(&format!("No symbols are loaded for {name}."));
        }
    }

    pub(super) fn compared(&mut self, comparison: &Comparison, result: Result<PdbFacts, String>) {
        match result {
            Ok(pdb) => self.judge(comparison.module, &comparison.file, pdb),
            Err(error) => self.say(&error),
        }
    }

    /// What a symbol file says of itself, and whether the image means it.
    fn judge(&mut self, index: usize, file: &Path, pdb: PdbFacts) {
        let Some(module) = self.modules.get(index) else { return };
        let codeview = module.image.codeview.as_ref();
        let fits = codeview.is_some_and(|codeview| (codeview.guid, codeview.age) == (pdb.guid, pdb.age));
        let verdict = if fits { "MATCH" } else { "MISMATCH" };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let verdict = format!("{verdict}: {name} and {}", shown(&module.path));
        self.say("");
        self.say(&name);
        self.say(&format!("      pdb sig: {}", hyphened(pdb.guid)));
        self.say(&format!("          age: {:x}", pdb.age));
        self.say("");
        self.say(&verdict);
    }
}

fn identity(module: &Module) -> Vec<String> {
    let image = &module.image;
    let mut lines = vec![
        shown(&module.path),
        format!("    Timestamp: {:X}", image.timestamp),
        format!("  SizeOfImage: {:X}", image.size),
    ];
    if let Some(codeview) = &image.codeview {
        lines.push(format!("          pdb: {}", plain(&codeview.path)));
        lines.push(format!("      pdb sig: {}", hyphened(codeview.guid)));
        lines.push(format!("          age: {:x}", codeview.age));
    }
    lines
}

/// A GUID in its five groups.
fn hyphened(guid: Guid) -> String {
    let digits = guid.to_string();
    let group = |from, to| digits.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

/// The `IMAGE_FILE_MACHINE_*` that debuggers name.
const fn machine(machine: u16) -> &'static str {
    match machine {
        0x014c => "I386",
        0x01c4 => "ARM",
        0x0200 => "IA64",
        0x8664 => "X64",
        0xaa64 => "ARM64",
        _ => "unknown",
    }
}

/// The `IMAGE_DEBUG_TYPE_*` that debuggers name.
const fn kind(kind: u32) -> &'static str {
    match kind {
        1 => "COFF",
        2 => "CODEVIEW",
        3 => "FPO",
        4 => "MISC",
        12 => "VC_FEATURE",
        13 => "POGO",
        14 => "ILTCG",
        16 => "REPRO",
        20 => "DLLCHAR",
        _ => "UNKNOWN",
    }
}

/// `IMAGE_FILE_DEBUG_STRIPPED`
const DEBUG_STRIPPED: u16 = 0x0200;
