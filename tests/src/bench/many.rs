//! (b) Many small files at a long round trip: what the order of things costs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::measure::{Cost, measure};
use super::place::{Door, Peers, Place};
use super::table::{Table, median, ratio, seconds, verdict};
use crate::Relay;
use crate::made::Pdb;
use crate::peer::Nginx;

/// 60 files through a slow wire to a proxy that asks in this way, beside `curl -Z`.
pub(super) fn run(place: &Place, door: Door, pairs: usize) -> Result<String, String> {
    let Told {
        letter,
        scheme,
        rounds: promised,
        how,
        remark,
    } = told(door);
    let files = serve(place);
    let (mut walls, mut turns, mut tunnels) = (Vec::new(), Vec::new(), BTreeSet::new());
    for pair in 0..=pairs {
        let Peers { nginx, squid, .. } = &place.peers(door);
        let relay = Relay::start(squid.address(), ROUND).map_err(|error| format!("no relay: {error}"))?;
        let proxy = format!("http://localhost:{}", relay.address().port());
        let ours = || -> Result<Cost, String> {
            let store = place.fresh("symgate");
            let cost = measure(
                &place.symgate(&files, &store, &nginx.tls_url(""), &proxy),
                place.dir.path(),
            )?;
            let found = fs::read_dir(&store).map_err(|error| format!("symgate's store: {error}"))?;
            let found = found.flatten().filter(|entry| entry.path().is_dir()).count();
            if found < files.len() {
                return Err(format!("symgate brought {found} files of {}", files.len()));
            }
            fs::remove_dir_all(&store).map_err(|error| format!("symgate's store: {error}"))?;
            Ok(cost)
        };
        let theirs = || -> Result<Cost, String> {
            let to = place.dir.make("to-curl");
            let config = place.dir.write("curl.config", config(&files, nginx, &to));
            let mut curl = place.curl(&proxy);
            curl.args(how);
            curl.args(["--parallel", "--parallel-immediate", "--parallel-max", "8", "--config"])
                .arg(config);
            let cost = measure(&curl, place.dir.path())?;
            fs::remove_dir_all(&to).map_err(|error| format!("curl's files: {error}"))?;
            Ok(cost)
        };
        // First of the pair, so that nginx's log up to here is symgate's.
        let ours = ours()?;
        let log = nginx.log_of(files.len());
        let theirs = theirs()?;
        if pair > 0 {
            turns.push(log.iter().map(|line| line.turn).max().unwrap_or(0));
            tunnels.insert(log.iter().map(|line| line.connection).collect::<BTreeSet<_>>().len());
            walls.push((seconds(ours.wall) * 1e3, seconds(theirs.wall) * 1e3));
        }
    }
    let title = format!(
        "({letter}) {FILES} files of 60 kB over HTTPS, {} ms to squid, {scheme}, 8 connections; {pairs} pairs",
        ROUND.as_millis()
    );
    let mut table = Table::new(&title, ["", "symgate", "curl -Z", "ratio", "target", ""]);
    let target = f64::from(promised) * 1.15 * seconds(ROUND) * 1e3;
    let ours = median(walls.iter().map(|pair| pair.0));
    let cells = [ours, median(walls.iter().map(|pair| pair.1))].map(|wall| format!("{wall:.0}"));
    table.row([
        "wall, ms",
        &cells[0],
        &cells[1],
        &format!("{:.2}", ratio(&walls)),
        &format!("<= {target:.0}"),
        verdict(ours, target),
    ]);
    let rounds = format!("{:.1}", ours / seconds(ROUND) / 1e3);
    table.row(["in round trips", &rounds, "", "", &format!("{promised} x 1.15"), ""]);
    turns.sort_unstable();
    let least = turns.first().copied().unwrap_or(0);
    let most = turns.last().copied().unwrap_or(0);
    table.line(&format!(
        "The busiest of symgate's connections had {least} to {most} turns, `index2.txt` among them; {} connections. \
         {remark}",
        tunnels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    ));
    Ok(table.into_text())
}

/// Puts the files into the store; `NAME/KEY` of each.
fn serve(place: &Place) -> Vec<String> {
    let files = (0..FILES).map(|number| {
        let guid = std::array::from_fn(|at| if at == 0 { number } else { b'b' });
        let pdb = Pdb {
            padded_to: 60_000,
            ..Pdb::new(guid, 1)
        };
        let id = format!("f{number}.pdb/{}", pdb.key());
        place
            .dir
            .write(place.www.join(format!("{id}/f{number}.pdb")), pdb.build());
        id
    });
    files.collect()
}

fn config(files: &[String], nginx: &Nginx, to: &Path) -> String {
    let lines = files.iter().filter_map(|id| {
        let name = id.split('/').next()?;
        let (url, to) = (nginx.tls_url(&format!("{id}/{name}")), to.join(name));
        Some(format!("url = \"{url}\"\noutput = \"{}\"\n", to.display()))
    });
    lines.collect()
}

const FILES: u8 = 60;
const ROUND: Duration = Duration::from_millis(40);

/// What there is to say about a run.
struct Told {
    letter: char,
    scheme: &'static str,
    rounds: u8,
    /// What makes curl answer the proxy.
    how: &'static [&'static str],
    remark: &'static str,
}

/// Rounds: TCP, 407, CONNECT, TLS, `index2.txt`, then 8 turns, because 60 files come over 8 connections; the other seven
/// tunnels open meanwhile. NTLM takes one request more, and the others wait until the first is accepted, one round more.
const fn told(door: Door) -> Told {
    match door {
        Door::Basic => Told {
            letter: 'b',
            scheme: "Basic",
            rounds: 13,
            how: &[],
            remark: "curl sends the proxy's password unasked, which saves it one round, and asks for no `index2.txt`, \
                     which saves another.",
        },
        Door::Ntlm => Told {
            letter: 'd',
            scheme: "NTLM",
            rounds: 15,
            how: &["--proxy-ntlm"],
            remark: "curl is told the scheme, which saves it one round, does not wait for a first logon, and asks for \
                     no `index2.txt`.",
        },
    }
}
