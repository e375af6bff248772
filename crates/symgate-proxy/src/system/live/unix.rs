//! Desktops elsewhere: GNOME's schema by the program `gsettings`, KDE's file `kioslaverc`.
//!
//! Which one counts is what the session calls itself (`XDG_CURRENT_DESKTOP`,
//! [desktop entry specification](https://specifications.freedesktop.org/mime-apps-spec/latest/file.html)): without a
//! desktop nobody has set anything there, and no program is started.

use std::path::{Path, PathBuf};

use super::{Live, Machine};
use crate::system::SystemSettings;

pub(super) fn read(machine: &dyn Machine, live: &mut Live) {
    let desktops = machine.variable("XDG_CURRENT_DESKTOP").unwrap_or_default();
    let is = |names: &[&str]| desktops.split(':').any(|desktop| names.contains(&desktop));
    if is(&WITH_GSETTINGS) {
        gnome(machine, live);
    } else if is(&["KDE"]) {
        kde(machine, live);
    }
}

fn gnome(machine: &dyn Machine, live: &mut Live) {
    let printed = machine.printed("gsettings", &["list-recursively", "org.gnome.system.proxy"]);
    let read = printed.and_then(|bytes| SystemSettings::from_gsettings(&bytes).map_err(|error| error.to_string()));
    match read {
        Ok((settings, _)) => live.take(GNOME, settings),
        Err(why) => live.fail(GNOME, why),
    }
}

/// The files are read one after the other, the user's last: of two values the last counts, as KDE has it.
fn kde(machine: &dyn Machine, live: &mut Live) {
    let mut found = Vec::new();
    for path in files(machine) {
        match machine.file(&path) {
            None => {}
            Some(Ok(bytes)) => found.push(bytes),
            Some(Err(why)) => return live.fail(KDE, why),
        }
    }
    match SystemSettings::from_kioslavercs(&found, |name| machine.variable(name)) {
        Ok(settings) => live.take(KDE, settings),
        Err(error) => live.fail(KDE, error.to_string()),
    }
}

/// Where `kioslaverc` may be, the user's own last
/// ([base directories](https://specifications.freedesktop.org/basedir-spec/latest/#variables)).
fn files(machine: &dyn Machine) -> Vec<PathBuf> {
    let set = |name| machine.variable(name).filter(|value| !value.is_empty());
    let system = set("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    let mut directories: Vec<PathBuf> = system.split(':').map(PathBuf::from).collect();
    // The first of the list counts most.
    directories.reverse();
    let home = set("HOME").map(PathBuf::from);
    let own = set("XDG_CONFIG_HOME").map(PathBuf::from);
    directories.extend(own.or_else(|| home.map(|home| home.join(".config"))));
    let absolute = directories.into_iter().filter(|directory| directory.has_root());
    absolute
        .map(|directory| directory.join(Path::new("kioslaverc")))
        .collect()
}

/// The desktops whose programs follow `org.gnome.system.proxy`.
const WITH_GSETTINGS: [&str; 11] = [
    "Budgie",
    "Cinnamon",
    "COSMIC",
    "GNOME",
    "GNOME-Classic",
    "GNOME-Flashback",
    "MATE",
    "Pantheon",
    "Unity",
    "X-Cinnamon",
    "XFCE",
];
const GNOME: &str = "GNOME (gsettings)";
const KDE: &str = "KDE (kioslaverc)";
