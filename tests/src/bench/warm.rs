//! (c) A file that is there already: what starting costs.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::place::{Place, clean};
use super::table::{Table, median, ratio, seconds, verdict};
use crate::made::Pdb;

/// `symgate get` of one file that the leftmost store has, against a program that does nothing.
pub(super) fn run(place: &Place, pairs: usize) -> Result<String, String> {
    let empty = empty_program(place)?;
    let pdb = Pdb::new(*b"symgate's warmth", 1);
    let store = place.fresh("warm");
    let id = format!("warm.pdb/{}", pdb.key());
    place.dir.write(store.join(&id).join("warm.pdb"), pdb.build());
    // Nobody listens there: a hit that asks anybody fails.
    let ours = || {
        place.symgate(
            std::slice::from_ref(&id),
            &store,
            "https://localhost:9/",
            "http://localhost:9",
        )
    };
    let mut walls = Vec::new();
    for _ in 0..pairs {
        walls.push((time(ours())?, time(clean(&empty, &place.dir))?));
    }
    let title = format!("(c) a warm hit for one file, against an empty Rust program; {pairs} pairs");
    let mut table = Table::new(&title, ["", "symgate", "empty", "ratio", "target", ""]);
    let ratio = ratio(&walls);
    let cells = [
        median(walls.iter().map(|pair| pair.0)),
        median(walls.iter().map(|pair| pair.1)),
    ];
    let [ours, theirs] = cells.map(|wall| format!("{:.2}", wall * 1e3));
    table.row([
        "wall, ms",
        &ours,
        &theirs,
        &format!("{ratio:.2}"),
        "<= 3.0",
        verdict(ratio, 3.0),
    ]);
    Ok(table.into_text())
}

/// `fn main() {}`, as optimised as symgate is.
fn empty_program(place: &Place) -> Result<PathBuf, String> {
    let source = place.dir.write("empty.rs", "fn main() {}\n");
    let program = place.dir.join("empty");
    let status = Command::new("rustc")
        .args(["-O", "-C", "codegen-units=1", "-o"])
        .arg(&program)
        .arg(source)
        .status();
    match status {
        Ok(status) if status.success() => Ok(program),
        Ok(status) => Err(format!("`rustc` ended with {status}")),
        Err(error) => Err(format!("`rustc` does not start: {error}")),
    }
}

/// Seconds from start to end; plain, because the helper that measures memory would be part of so short a time.
fn time(mut command: Command) -> Result<f64, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status();
    let wall = seconds(start.elapsed());
    match status {
        Ok(status) if status.success() => Ok(wall),
        Ok(status) => Err(format!("`{}` ended with {status}", command.get_program().display())),
        Err(error) => Err(format!("`{}` does not start: {error}", command.get_program().display())),
    }
}
