//! The benchmarks: symgate against the system's curl, interleaved in one run.
//!
//! - `large`: one large file over HTTPS through squid's CONNECT, wall, CPU and peak memory;
//! - `many`: many small files through the same at a long round trip, counted in rounds;
//! - `warm`: a file that is there already, against a program that does nothing;
//! - `answer`: what it costs to answer a challenge, in each scheme;
//! - `choice`: which proxy for this URL, beside reqwest's matcher;
//! - `pac`: what a proxy script says, beside npm's pac-resolver.
//!
//! Times are noisy, so nothing fails here: each figure stands beside its target and says `ok` or `missed`. The
//! servers are other authors' ([`crate::peer`]) and every run has a store and a home of its own.

mod answer;
mod choice;
mod large;
mod many;
mod measure;
mod pac;
mod place;
mod table;
mod warm;

use std::str::FromStr;

use crate::built;
pub use measure::report_child;
use place::{Door, Place};

/// What is measured, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    only: Option<Part>,
    pairs: Option<usize>,
    size: u64,
}

/// One of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Answer,
    Choice,
    Large,
    Many,
    Ntlm,
    Script,
    Warm,
}

impl Options {
    /// Understands `--only a|b|c|d|e|f|g`, `--pairs N` and `--size MIB`.
    ///
    /// # Errors
    /// What is wrong, and how it is used.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            only: None,
            pairs: None,
            size: 1024,
        };
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("`{option}` wants a value\n{USAGE}"))
            };
            match option.as_str() {
                "--only" => {
                    options.only = Some(match value()?.as_str() {
                        "a" => Part::Large,
                        "b" => Part::Many,
                        "c" => Part::Warm,
                        "d" => Part::Ntlm,
                        "e" => Part::Answer,
                        "f" => Part::Choice,
                        "g" => Part::Script,
                        other => return Err(format!("there is no benchmark `{other}`\n{USAGE}")),
                    });
                }
                "--pairs" => options.pairs = Some(number(&value()?)?),
                "--size" => options.size = number(&value()?)?,
                _ => return Err(format!("`{option}` is not understood\n{USAGE}")),
            }
        }
        Ok(options)
    }

    fn pairs(&self, usual: usize) -> usize {
        self.pairs.unwrap_or(usual).max(1)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// Measures, and hands each table to `print` as soon as it is there.
///
/// # Errors
/// What keeps it from measuring: a peer that is not installed, a command that fails.
pub fn run(options: &Options, mut print: impl FnMut(&str)) -> Result<(), String> {
    if options.wants(Part::Choice) {
        print(&choice::run(options.pairs(9))?);
    }
    if options.wants(Part::Script) {
        print(&pac::run(options.pairs(9))?);
    }
    if options.wants(Part::Answer) {
        print(&answer::run(options.pairs(9))?);
    }
    // What follows needs the command and its peers.
    if !COMMANDS.iter().any(|part| options.wants(*part)) {
        return Ok(());
    }
    let symgate = built::symgate()?;
    let place = Place::prepare(symgate)?;
    if options.wants(Part::Large) {
        print(&large::run(&place, options.size << 20, options.pairs(9))?);
    }
    if options.wants(Part::Many) {
        print(&many::run(&place, Door::Basic, options.pairs(9))?);
    }
    if options.wants(Part::Warm) {
        print(&warm::run(&place, options.pairs(300))?);
    }
    if options.wants(Part::Ntlm) {
        print(&many::run(&place, Door::Ntlm, options.pairs(9))?);
    }
    Ok(())
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is no number\n{USAGE}"))
}

/// The parts that run the command.
const COMMANDS: [Part; 4] = [Part::Large, Part::Many, Part::Warm, Part::Ntlm];

const USAGE: &str = "\
usage: bench [--only a|b|c|d|e|f|g] [--pairs N] [--size MIB]
  a  one file of 1024 MiB over HTTPS through squid, against curl; 9 pairs
  b  60 files of 60 kB at a round trip of 40 ms, beside curl -Z; 9 pairs
  c  a warm hit, against an empty program; 300 pairs
  d  as b, but by NTLM; 9 pairs
  e  an answer to a Basic, a Digest and an NTLM challenge; 9 rounds
  f  one choice with 200 exceptions, beside reqwest's matcher; 9 rounds
  g  a warm proxy script of 50 rules, beside pac-resolver; 9 rounds";

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Part; 7] = [
        Part::Answer,
        Part::Choice,
        Part::Large,
        Part::Many,
        Part::Ntlm,
        Part::Script,
        Part::Warm,
    ];

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_shorten_the_run() {
        let all = parse("").unwrap();
        assert!(ALL.map(|part| all.wants(part)) == [true; 7]);
        assert_eq!((all.pairs(9), all.size), (9, 1024));
        let short = parse("--only b --pairs 3 --size 64").unwrap();
        let wanted: Vec<Part> = ALL.into_iter().filter(|part| short.wants(*part)).collect();
        assert_eq!(wanted, [Part::Many]);
        assert_eq!((short.pairs(9), short.size), (3, 64));
    }

    #[test]
    fn what_is_not_understood_is_named_with_the_usage() {
        for line in ["--only h", "--pairs", "--pairs x", "--speed 9", "a"] {
            let error = parse(line).unwrap_err();
            assert!(error.contains("usage: bench"), "{line}: {error}");
        }
    }
}
