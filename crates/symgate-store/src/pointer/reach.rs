//! Where the path in a pointer leads. Who wrote the pointer decides whether it may be followed there: opening a share
//! sends the user's own logon to its host, and a path of a server's disk means another file on ours.
//!
//! The prefixes are those of [path formats on Windows], read the same on every system.
//!
//! [path formats on Windows]: https://learn.microsoft.com/en-us/dotnet/standard/io/file-path-formats

/// Where a path leads, by its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'p> {
    /// Into the device namespace (`\\?\`, `\\.\`, `\??\`): to a pipe, a disk, or a share after all (`\\?\UNC\...`).
    Device,
    /// To a disk of the machine that reads it: `C:\...`, `\...`, `/...`.
    Disk,
    /// To a share of this host.
    Share(&'p str),
}

impl<'p> Reach<'p> {
    /// Reads the beginning of an absolute path.
    ///
    /// Windows takes either separator for the other, so `/\host` is a share too. A POSIX system takes `//host` for
    /// `/host`; to call it a share as well only makes us more careful.
    ///
    /// ```
    /// use symgate_store::Reach;
    /// assert_eq!(Reach::of(r"\\build\drop\x.pdb"), Reach::Share("build"));
    /// assert_eq!(Reach::of(r"D:\drop\x.pdb"), Reach::Disk);
    /// ```
    #[must_use]
    pub fn of(path: &'p str) -> Self {
        if path.starts_with(r"\??\") {
            return Self::Device;
        }
        let Some(rest) = path
            .strip_prefix(SEPARATORS)
            .and_then(|rest| rest.strip_prefix(SEPARATORS))
        else {
            return Self::Disk;
        };
        match rest.split(SEPARATORS).next().unwrap_or_default() {
            "?" | "." => Self::Device,
            host => Self::Share(host),
        }
    }

    /// Says whether both are shares of one host.
    #[must_use]
    pub fn is_same_host(self, other: Reach<'_>) -> bool {
        match (self, other) {
            (Self::Share(a), Reach::Share(b)) => !a.is_empty() && a.eq_ignore_ascii_case(b),
            (Self::Device | Self::Disk | Self::Share(_), _) => false,
        }
    }
}

const SEPARATORS: [char; 2] = ['\\', '/'];

#[cfg(test)]
mod tests {
    use super::Reach::{Device, Disk, Share};
    use super::*;

    #[test]
    fn knows_a_share_in_every_spelling() {
        for (path, expected) in [
            (r"\\evil\share\x.pdb", Share("evil")),
            ("//evil/share/x.pdb", Share("evil")),
            (r"\/evil\share\x.pdb", Share("evil")),
            (r"/\evil/share/x.pdb", Share("evil")),
            (r"\\evil@80\DavWWWRoot\x.pdb", Share("evil@80")),
            (r"\\", Share("")),
            (r"\\\evil\share", Share("")),
            (r"\\?\UNC\evil\share\x.pdb", Device),
            (r"\\.\UNC\evil\share\x.pdb", Device),
            ("//?/UNC/evil/share/x.pdb", Device),
            (r"/\.\pipe\x", Device),
            (r"\??\UNC\evil\share\x.pdb", Device),
            (r"\\?\C:\x.pdb", Device),
            (r"C:\x.pdb", Disk),
            (r"\x.pdb", Disk),
            ("/srv/x.pdb", Disk),
        ] {
            assert_eq!(Reach::of(path), expected, "{path}");
        }
    }

    #[test]
    fn hosts_are_compared_without_case_and_devices_never() {
        for (a, b, same) in [
            (r"\\Build\a", r"//build/b", true),
            (r"\\build\a", r"\\build2\a", false),
            (r"\\build\a", r"\\build@80\a", false),
            (r"\\?\C:\sym", r"\\?\UNC\evil\x", false),
            (r"\\", r"\\", false),
            (r"C:\a", r"C:\a", false),
        ] {
            assert_eq!(Reach::of(a).is_same_host(Reach::of(b)), same, "{a} {b}");
        }
    }
}
