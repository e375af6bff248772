//! (a) One large file: what the bytes cost.

use std::fs;
use std::process::Command;

use super::measure::{Cost, measure};
use super::place::{Door, Peers, Place, clean};
use super::table::{Table, median, ratio, seconds, verdict};
use crate::made::Pdb;

/// `symgate get` against `curl -o F && sync -f F`.
pub(super) fn run(place: &Place, size: u64, pairs: usize) -> Result<String, String> {
    let (costs, small) = (compare(place, size, pairs)?, compare(place, SMALL, 3)?);
    let mib = size >> 20;
    let title = format!("(a) one file of {mib} MiB, HTTPS through squid's CONNECT, flushed to disk; {pairs} pairs");
    let mut table = Table::new(&title, ["", "symgate", "curl", "ratio", "target", ""]);
    for (name, cost) in [("wall, s", wall as fn(&Cost) -> f64), ("CPU, s", cpu)] {
        let figures: Vec<_> = costs.iter().map(|(ours, theirs)| (cost(ours), cost(theirs))).collect();
        let ratio = ratio(&figures);
        let ours = format!("{:.2}", median(figures.iter().map(|pair| pair.0)));
        let theirs = format!("{:.2}", median(figures.iter().map(|pair| pair.1)));
        table.row([
            name,
            &ours,
            &theirs,
            &format!("{ratio:.2}"),
            "<= 1.0",
            verdict(ratio, 1.0),
        ]);
    }
    let peak = |costs: &[(Cost, Cost)]| {
        let most = |costs: &mut dyn Iterator<Item = u64>| costs.max().unwrap_or(0);
        let ours = most(&mut costs.iter().map(|(ours, _)| ours.memory));
        let theirs = most(&mut costs.iter().map(|(_, theirs)| theirs.memory));
        [ours, theirs].map(mebibytes)
    };
    let peaks = [(mib, peak(&costs)), (SMALL >> 20, peak(&small))];
    for (size, [ours, theirs]) in peaks {
        let name = format!("peak memory at {size} MiB, MiB");
        let cells = [&ours, &theirs, &(ours / theirs)].map(|figure| format!("{figure:.1}"));
        let [ours_text, theirs_text, ratio] = cells;
        table.row([&name, &ours_text, &theirs_text, &ratio, "<= 16", verdict(ours, 16.0)]);
    }
    let [(_, large), (_, small)] = peaks;
    let [ours, theirs] = [large[0] - small[0], large[1] - small[1]];
    table.row([
        "peak memory, growth, MiB",
        &format!("{ours:.1}"),
        &format!("{theirs:.1}"),
        "",
        &format!("<= {GROWTH}"),
        verdict(ours, GROWTH),
    ]);
    Ok(table.into_text())
}

/// Runs pairs, and each of the two first in turn.
fn compare(place: &Place, size: u64, pairs: usize) -> Result<Vec<(Cost, Cost)>, String> {
    let key = serve(place, size)?;
    let Peers { nginx, squid, .. } = &place.peers(Door::Basic);
    let file = format!("big.pdb/{key}/big.pdb");
    let mut costs = Vec::new();
    // One pair warms the page cache and is not counted.
    for pair in 0..=pairs {
        let store = place.fresh("symgate");
        let ours = || -> Result<Cost, String> {
            let wanted = [format!("big.pdb/{key}")];
            let cost = measure(
                &place.symgate(&wanted, &store, &nginx.tls_url(""), &squid.url()),
                place.dir.path(),
            )?;
            let length = fs::metadata(store.join(&file))
                .map_err(|error| format!("symgate's file: {error}"))?
                .len();
            if length != size {
                return Err(format!("symgate's file has {length} bytes, not {size}"));
            }
            fs::remove_dir_all(&store).map_err(|error| format!("symgate's store: {error}"))?;
            Ok(cost)
        };
        let to = place.dir.join("to-curl");
        let theirs = || -> Result<Cost, String> {
            let mut curl = place.curl(&squid.url());
            curl.arg(nginx.tls_url(&file)).arg("-o").arg(&to);
            let mut shell = clean("/bin/sh".as_ref(), &place.dir);
            shell
                .args(["-c", "to=$1; shift; \"$@\" && sync -f \"$to\"", "sh"])
                .arg(&to);
            let cost = measure(&with(shell, &curl), place.dir.path())?;
            fs::remove_file(&to).map_err(|error| format!("curl's file: {error}"))?;
            Ok(cost)
        };
        let pair_costs = if pair % 2 == 0 {
            let ours = ours()?;
            (ours, theirs()?)
        } else {
            let theirs = theirs()?;
            (ours()?, theirs)
        };
        if pair > 0 {
            costs.push(pair_costs);
        }
    }
    Ok(costs)
}

/// Puts a PDB of this size into the store; its key.
fn serve(place: &Place, size: u64) -> Result<String, String> {
    let padded_to = usize::try_from(size).map_err(|_| "so large a file cannot be made here")?;
    let pdb = Pdb {
        page_size: 4096,
        padded_to,
        ..Pdb::new(*b"symgate's bench!", 1)
    };
    place
        .dir
        .write(place.www.join(format!("big.pdb/{}/big.pdb", pdb.key())), pdb.build());
    Ok(pdb.key())
}

fn with(mut shell: Command, command: &Command) -> Command {
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

fn wall(cost: &Cost) -> f64 {
    seconds(cost.wall)
}

fn cpu(cost: &Cost) -> f64 {
    seconds(cost.cpu)
}

#[expect(clippy::cast_precision_loss, reason = "no machine has so much memory")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// Against which it shows that memory does not grow with the file.
const SMALL: u64 = 64 << 20;

/// What two runs of the same size differ by, in MiB: buffers and threads are not always the same.
const GROWTH: f64 = 1.0;
