//! `lm` (SYMSRV §6.7).

use super::{LONGEST_NAME, Misspelt};
use crate::text::number;

pub(crate) const USAGE: &str = "lm[D o l v u k e c 1m sm i f n p t] [a <Address>] [m <Pattern> | M <Pattern>]";

/// A list of modules, as the options ask for it
/// ([the command's page](https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/lm--list-loaded-modules-)).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct List {
    /// `o`: not the unloaded ones.
    pub(crate) loaded: bool,
    /// `l`: those with symbols.
    pub(crate) with_symbols: bool,
    /// `v`: with all that is known of each.
    pub(crate) verbose: bool,
    /// `e`: those whose symbols are wrong or absent.
    pub(crate) troubled: bool,
    /// `c`: with the checksum.
    pub(crate) checksum: bool,
    /// `1m`: names and nothing else.
    pub(crate) names: bool,
    /// `sm`: by name, not by address.
    pub(crate) by_name: bool,
    /// `u`, `k`: one half of the address space.
    pub(crate) side: Option<Side>,
    /// `i`, `f`, `n`, `p`, `t`, each once, in the order in which they are printed.
    pub(crate) columns: Vec<Column>,
    /// `a`: the module that holds this address.
    pub(crate) address: Option<u64>,
    /// `m`: a pattern of module names.
    pub(crate) name: Option<String>,
    /// `M`: a pattern of image paths.
    pub(crate) path: Option<String>,
}

/// One half of the address space.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Kernel,
    User,
}

/// What is printed in place of the symbols' state, or beside it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Column {
    /// `i`: the image's name beside the state.
    Image,
    /// `n`: the image's name.
    Name,
    /// `f`: the image's path.
    Path,
    /// `p`: the path of the mapped image, which here is the same.
    Mapped,
    /// `t`: the time stamp.
    Time,
}

impl List {
    /// Reads what follows `lm`, with or without blanks between the letters.
    pub(crate) fn parse(options: &str) -> Result<Self, Misspelt> {
        let mut list = Self::default();
        let mut rest = options.trim_start();
        while let Some(letter) = rest.chars().next() {
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            let letter = if letter == 'M' {
                letter
            } else {
                letter.to_ascii_lowercase()
            };
            match letter {
                // Links in the output: there are none.
                'd' => {}
                'o' => list.loaded = true,
                'l' => list.with_symbols = true,
                'v' => list.verbose = true,
                'u' => list.side = Some(Side::User),
                'k' => list.side = Some(Side::Kernel),
                'e' => list.troubled = true,
                'c' => list.checksum = true,
                '1' | 's' => {
                    rest = rest.strip_prefix(['m', 'M']).ok_or(Misspelt::Usage(USAGE))?;
                    let option = if letter == '1' {
                        &mut list.names
                    } else {
                        &mut list.by_name
                    };
                    *option = true;
                }
                'i' => list.columns.push(Column::Image),
                'f' => list.columns.push(Column::Path),
                'n' => list.columns.push(Column::Name),
                'p' => list.columns.push(Column::Mapped),
                't' => list.columns.push(Column::Time),
                'a' => {
                    let word = argument(&mut rest)?;
                    list.address = Some(number(word).ok_or(Misspelt::Usage(USAGE))?);
                }
                'm' => list.name = Some(argument(&mut rest)?.to_owned()),
                'M' => list.path = Some(argument(&mut rest)?.to_owned()),
                _ => return Err(Misspelt::Usage(USAGE)),
            }
            rest = rest.trim_start();
        }
        list.columns.sort_unstable();
        list.columns.dedup();
        Ok(list)
    }
}

/// The next word, which an option needs.
fn argument<'r>(rest: &mut &'r str) -> Result<&'r str, Misspelt> {
    let text = rest.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    *rest = after;
    if word.is_empty() || word.len() > LONGEST_NAME {
        Err(Misspelt::Usage(USAGE))
    } else {
        Ok(word)
    }
}
