//! The table of who lets us through: `cargo xtask peers` prints it, the README keeps it.
//!
//! Each row is a real peer, each cell what the built command came to there. A row that does not pass yet is listed in
//! `AWAITED`; the day it passes, its name there is a failure, so that the list never grows old.

mod place;
mod rows;

use std::fmt;
use std::path::PathBuf;

use place::Login;
use place::Peer;
use place::Place;
use rows::ROWS;
use rows::Row;
use rows::Wants;

/// Runs every row, gives `print` the table in Markdown, and `explain` what went wrong in a cell.
///
/// `only` is a part of the names of the rows that are wanted.
///
/// # Errors
/// If a peer is missing, or a row comes to something else than it should; with the names of such rows.
pub fn run(
    symgate: PathBuf,
    only: Option<&str>,
    mut print: impl FnMut(&str),
    mut explain: impl FnMut(&str),
) -> Result<(), String> {
    let place = Place::prepare(symgate)?;
    print(HEAD);
    let mut unexpected = Vec::new();
    for row in ROWS
        .iter()
        .filter(|row| only.is_none_or(|only| row.name.contains(only)))
    {
        let cells = cells(&place, row);
        print(&line(row.name, &cells));
        let passed = cells.iter().all(|cell| !matches!(cell, Cell::Failed { .. }));
        if passed == AWAITED.contains(&row.name) {
            let why = if passed {
                "passes, and is still awaited"
            } else {
                "does not pass"
            };
            unexpected.push(format!("`{}` {why}", row.name));
            for cell in &cells {
                if let Cell::Failed { why, .. } = cell {
                    explain(&format!("{}: {why}", row.name));
                }
            }
        }
    }
    if unexpected.is_empty() {
        Ok(())
    } else {
        Err(unexpected.join("; "))
    }
}

/// What one question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// It makes no sense for this peer.
    Absent,
    /// As it should.
    Passed(String),
    /// Otherwise, with what the command said.
    Failed { seen: String, why: String },
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("–"),
            Self::Passed(seen) => f.write_str(seen),
            Self::Failed { seen, .. } => write!(f, "**{seen}**"),
        }
    }
}

fn cells(place: &Place, row: &Row) -> [Cell; 5] {
    let peer = (row.start)(place);
    match row.wants {
        Wants::ThroughWith(_) => {}
        Wants::Refusal => return refusal(place, row, &peer),
        Wants::Silence => return silence(place, row, &peer),
    }
    let [clear, tls] = place.stores(&peer);
    let (right, cold_clear) = clear
        .as_deref()
        .map_or_else(absent, |url| fetch(place, row, &peer, url));
    let (https, cold_tls) = tls.as_deref().map_or_else(absent, |url| fetch(place, row, &peer, url));
    // The cheap end first: a peer that does not pass one file is not asked for many.
    let through = [&right, &https].iter().all(|cell| !matches!(cell, Cell::Failed { .. }));
    let (wrong, parallel) = match tls.or(clear) {
        Some(url) if through => (wrong(place, row, &peer, &url), many(place, row, &peer, &url)),
        _ => (Cell::Absent, Cell::Absent),
    };
    let trips = [cold_clear, cold_tls].into_iter().flatten().max();
    let trips = trips.map_or(Cell::Absent, |trips| Cell::Passed(trips.to_string()));
    [
        right,
        wrong,
        https,
        parallel,
        if through { trips } else { Cell::Absent },
    ]
}

fn absent() -> (Cell, Option<usize>) {
    (Cell::Absent, None)
}

/// One file with the right logon, and the requests that it took until one passed.
fn fetch(place: &Place, row: &Row, peer: &Peer, url: &str) -> (Cell, Option<usize>) {
    let before = peer.settled().len();
    let ran = place.get(row, peer, url, 0..1, Login::Right);
    if ran.status != Some(0) {
        let seen = "no".to_owned();
        return (
            Cell::Failed {
                seen,
                why: ran.to_string(),
            },
            None,
        );
    }
    let log = peer.settled();
    let passed = log[before..].iter().position(|line| !matches!(line.status, 401 | 407));
    (Cell::Passed("yes".to_owned()), passed.map(|index| index + 1))
}

/// A logon that has to be refused, and asked for once.
fn wrong(place: &Place, row: &Row, peer: &Peer, url: &str) -> Cell {
    let before = peer.settled().len();
    let ran = place.get(row, peer, url, 0..PARALLEL, Login::Wrong);
    let failed = peer.settled()[before..]
        .iter()
        .filter(|line| line.is_failed_logon())
        .count();
    let seen = match failed {
        0 => "refused".to_owned(),
        1 => "refused, 1 failed logon".to_owned(),
        _ => format!("refused, {failed} failed logons"),
    };
    if ran.status == Some(3) && failed <= 1 {
        Cell::Passed(seen)
    } else if ran.status == Some(3) {
        Cell::Failed {
            seen,
            why: ran.to_string(),
        }
    } else {
        let seen = "let through".to_owned();
        Cell::Failed {
            seen,
            why: ran.to_string(),
        }
    }
}

/// Many files at a time.
fn many(place: &Place, row: &Row, peer: &Peer, url: &str) -> Cell {
    let ran = place.get(row, peer, url, 0..PARALLEL, Login::Right);
    let seen = format!("{} of {PARALLEL}", ran.lines().len());
    if ran.status == Some(0) {
        Cell::Passed(seen)
    } else {
        Cell::Failed {
            seen,
            why: ran.to_string(),
        }
    }
}

/// A peer that must not let us through, although the logon is right: it has to have judged one.
fn refusal(place: &Place, row: &Row, peer: &Peer) -> [Cell; 5] {
    let asked = |url: Option<String>| {
        let Some(url) = url else { return Cell::Absent };
        let ran = place.get(row, peer, &url, 0..1, Login::Right);
        let judged = peer.settled().iter().any(|line| line.is_failed_logon());
        let seen = match (ran.status, judged) {
            (Some(3), true) => return Cell::Passed("refused".to_owned()),
            (Some(0), _) => "let through",
            _ => "no logon",
        };
        let seen = seen.to_owned();
        Cell::Failed {
            seen,
            why: ran.to_string(),
        }
    };
    let [clear, tls] = place.stores(peer);
    [asked(clear), Cell::Absent, asked(tls), Cell::Absent, Cell::Absent]
}

/// A peer that must not hear anything, although there is a ticket and nobody said no.
fn silence(place: &Place, row: &Row, peer: &Peer) -> [Cell; 5] {
    let asked = |url: Option<String>| {
        let Some(url) = url else { return Cell::Absent };
        let ran = place.get(row, peer, &url, 0..1, Login::Right);
        let heard = peer.heard().to_ascii_lowercase();
        let seen = match (heard.contains("authorization:"), heard.contains("get /")) {
            (false, true) => return Cell::Passed("hears nothing".to_owned()),
            (true, _) => "hears a logon",
            (false, false) => "was not asked",
        };
        let seen = seen.to_owned();
        let why = ran.to_string();
        Cell::Failed { seen, why }
    };
    let [clear, tls] = place.stores(peer);
    [asked(clear), Cell::Absent, asked(tls), Cell::Absent, Cell::Absent]
}

fn line(name: &str, cells: &[Cell; 5]) -> String {
    let mut line = format!("| {name} |");
    for cell in cells {
        line += &format!(" {cell} |");
    }
    line
}

const HEAD: &str = "\
| peer | right logon | wrong logon, 20 files | https origin | 20 files at a time | requests until one passes |
|---|---|---|---|---|---|";

/// How many files are asked for at a time.
const PARALLEL: u8 = 20;

/// Rows that do not pass yet.
const AWAITED: &[&str] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_a_row_of_markdown() {
        let failed = Cell::Failed {
            seen: "no".to_owned(),
            why: "status 3".to_owned(),
        };
        let cells = [
            Cell::Passed("yes".to_owned()),
            Cell::Absent,
            failed,
            Cell::Absent,
            Cell::Absent,
        ];
        assert_eq!(line("squid", &cells), "| squid | yes | – | **no** | – | – |");
    }

    #[test]
    fn awaited_rows_exist_and_no_name_comes_twice() {
        for name in AWAITED {
            assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
        }
        for (index, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..index].iter().all(|other| other.name != row.name), "{}", row.name);
        }
    }
}
