//! The places in a plain directory where a file may lie (SYMSRV §1.6).

use symgate_path::FileName;

/// In which order the places of a plain directory are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirectoryOrder {
    /// `f`, `ext\f`, `symbols\ext\f`: what DbgHelp does.
    #[default]
    RootFirst,
    /// `symbols\ext\f`, `ext\f`, `f`: what the debuggers' pages say.
    SymbolsFirst,
}

/// Lists where `file` may lie below a plain directory, as path components: at its root, below the extension of
/// `module`, and below `symbols` and that.
///
/// A module without extension, or with one that is no directory name (`x.con`), leaves only the root.
///
/// ```
/// use symgate_lookup::{DirectoryOrder, candidates};
///
/// let (file, module) = ("ntdll.pdb".parse()?, "ntdll.dll".parse()?);
/// let places = candidates(&file, &module, DirectoryOrder::RootFirst);
/// assert_eq!(places, [vec!["ntdll.pdb"], vec!["dll", "ntdll.pdb"], vec!["symbols", "dll", "ntdll.pdb"]]);
/// # Ok::<(), symgate_path::NameError>(())
/// ```
#[must_use]
pub fn candidates<'n>(file: &'n FileName, module: &'n FileName, order: DirectoryOrder) -> Vec<Vec<&'n str>> {
    let file = file.as_str();
    let mut places = vec![vec![file]];
    if let Some(extension) = module.extension().filter(|extension| FileName::new(extension).is_ok()) {
        places.push(vec![extension, file]);
        places.push(vec!["symbols", extension, file]);
    }
    match order {
        DirectoryOrder::RootFirst => {}
        DirectoryOrder::SymbolsFirst => places.reverse(),
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_places_in_both_orders() {
        use DirectoryOrder::{RootFirst, SymbolsFirst};
        for (module, order, expected) in [
            ("a.dll", RootFirst, "f.pdb dll/f.pdb symbols/dll/f.pdb"),
            ("a.dll", SymbolsFirst, "symbols/dll/f.pdb dll/f.pdb f.pdb"),
            ("a.b.sys", RootFirst, "f.pdb sys/f.pdb symbols/sys/f.pdb"),
            ("noext", RootFirst, "f.pdb"),
            ("x.con", SymbolsFirst, "f.pdb"),
            ("x. y", RootFirst, "f.pdb"),
        ] {
            let (file, module) = ("f.pdb".parse().unwrap(), module.parse().unwrap());
            let places: Vec<_> = candidates(&file, &module, order)
                .into_iter()
                .map(|parts: Vec<&str>| parts.join("/"))
                .collect();
            assert_eq!(places.join(" "), expected, "{module} {order:?}");
        }
    }
}
