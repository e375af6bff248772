//! The modules of a session: where they are, and which of them a command means.

use symgate_index::Width;

use crate::module::{Module, Presence};
use crate::text::{Digits, number};
use crate::wildcard::Wildcard;

/// All modules, in the order in which they were named.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    modules: Vec<Module>,
}

/// How a command's module is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Naming {
    /// `.reload /w`
    Literal,
    Pattern,
}

impl Modules {
    /// Gives each module its place, in the order in which they come: where it prefers to be, or, where that overlaps
    /// another one, at the next address above that is free and a multiple of 64 KiB, as the loader of Windows places
    /// images.
    pub(crate) fn new(named: Vec<Module>) -> Self {
        let mut modules: Vec<Module> = Vec::with_capacity(named.len());
        for mut module in named {
            module.image.base = free(&modules, module.image.base, module.image.size);
            modules.push(module);
        }
        Self { modules }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Module> {
        self.modules.get(index)
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Module> {
        self.modules.get_mut(index)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Module)> {
        self.modules.iter().enumerate()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Module> {
        self.modules.iter_mut()
    }

    /// Adds a module where it says that it is; its number comes back.
    pub(crate) fn push(&mut self, module: Module) -> usize {
        self.modules.push(module);
        self.modules.len() - 1
    }

    /// How addresses are printed: one 64-bit module makes all of them long.
    pub(crate) fn digits(&self) -> Digits {
        let long = |module: &Module| module.image.width == Width::Bits64 || module.end() > u32::MAX.into();
        if self.modules.iter().any(long) {
            Digits::Sixteen
        } else {
            Digits::Eight
        }
    }

    /// The loaded modules by address, which is the order of a list.
    pub(crate) fn by_address(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.loaded().collect();
        numbers.sort_by_key(|index| self.get(*index).map(|module| module.image.base));
        numbers
    }

    pub(crate) fn loaded(&self) -> impl Iterator<Item = usize> {
        self.with(Presence::Loaded)
    }

    pub(crate) fn with(&self, presence: Presence) -> impl Iterator<Item = usize> {
        self.iter()
            .filter(move |(_, module)| module.presence == presence)
            .map(|(index, _)| index)
    }

    /// The modules that a command's word means, among those of this presence: those with such a name, else those whose
    /// image has it (SYMSRV §6.5).
    pub(crate) fn named(&self, word: &str, naming: Naming, presence: Presence) -> Vec<usize> {
        let pattern = match naming {
            Naming::Literal => Wildcard::literal(word),
            Naming::Pattern => Wildcard::new(word),
        };
        let of = |name: fn(&Module) -> &str| -> Vec<usize> {
            self.with(presence)
                .filter(|index| self.get(*index).is_some_and(|module| pattern.matches(name(module))))
                .collect()
        };
        let by_name = of(|module| &module.name);
        if by_name.is_empty() {
            of(|module| &module.image_name)
        } else {
            by_name
        }
    }

    /// The one module that a word means: by name, or by an address in it.
    pub(crate) fn one(&self, word: &str) -> Option<usize> {
        let named = self.named(word, Naming::Pattern, Presence::Loaded);
        named.first().copied().or_else(|| self.at(number(word)?))
    }

    /// The module that holds an address.
    pub(crate) fn at(&self, address: u64) -> Option<usize> {
        self.loaded().find(|index| {
            self.get(*index)
                .is_some_and(|module| (module.image.base..module.end()).contains(&address))
        })
    }
}

/// Where a module of this size has room, from `base` upwards; where nothing is left above, from the bottom.
fn free(modules: &[Module], base: u64, size: u32) -> u64 {
    let size = u64::from(size.max(1));
    let mut taken: Vec<(u64, u64)> = modules.iter().map(|module| (module.image.base, module.end())).collect();
    taken.sort_unstable();
    let room = |from: u64| {
        let mut at = from;
        for (start, end) in &taken {
            let after = at.checked_add(size)?;
            if *start < after && at < *end {
                at = end.checked_next_multiple_of(GRANULARITY)?;
            }
        }
        at.checked_add(size).map(|_| at)
    };
    room(base).or_else(|| room(GRANULARITY)).unwrap_or(base)
}

/// The multiple at which the loader places images.
const GRANULARITY: u64 = 0x1_0000;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use symgate_tests::made::Pe;

    use super::*;

    fn module(base: u64, size: u32) -> Module {
        let pe = Pe::new(Vec::new()).build();
        let mut module = Module::decode("/bin/app.dll", Cursor::new(pe)).unwrap();
        (module.image.base, module.image.size) = (base, size);
        module
    }

    #[test]
    fn modules_that_overlap_move_up_to_the_next_free_place() {
        for (wanted, expected) in [
            (
                &[(0x10_0000, 0x1000), (0x10_0000, 0x1000)][..],
                &[0x10_0000, 0x11_0000][..],
            ),
            (&[(0x10_0000, 0x1000), (0x10_1000, 0x1000)], &[0x10_0000, 0x10_1000]),
            (&[(0x10_0000, 0x2_0001), (0x10_0000, 0x1000)], &[0x10_0000, 0x13_0000]),
            (
                &[(0x10_0000, 0x1000), (0x11_0000, 0x1000), (0x10_0000, 0x1000)],
                &[0x10_0000, 0x11_0000, 0x12_0000],
            ),
            // It would begin in a gap that is too small.
            (
                &[(0x10_0000, 0x1000), (0x12_0000, 0x1000), (0x10_0000, 0x2_0000)],
                &[0x10_0000, 0x12_0000, 0x13_0000],
            ),
            // Nothing is left above.
            (
                &[(u64::MAX - 0xFFFF, 0xFFFF), (u64::MAX - 0xFFFF, 1)],
                &[u64::MAX - 0xFFFF, 0x1_0000],
            ),
        ] {
            let modules = Modules::new(wanted.iter().map(|(base, size)| module(*base, *size)).collect());
            let bases: Vec<u64> = modules.iter().map(|(_, module)| module.image.base).collect();
            assert_eq!(bases, expected, "{wanted:x?}");
        }
    }
}
