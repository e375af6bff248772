//! Scratch directories that vanish with the test and that a child under another user may enter.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A temporary directory, removed with all its content when dropped.
///
/// Unlike a plain temporary directory it may be entered by every user (mode 0755 on Unix): squid
/// gives up root for its own user and still has to reach its configuration and its log.
///
/// ```
/// let dir = symgate_tests::Dir::new();
/// let file = dir.write("www/hello.txt", "hello");
/// assert_eq!(std::fs::read_to_string(file).unwrap(), "hello");
/// ```
#[derive(Debug)]
pub struct Dir {
    inner: tempfile::TempDir,
}

impl Dir {
    /// Makes an empty directory below the system's temporary directory.
    ///
    /// # Panics
    /// If the system has no room for one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it touches the disk; `default` should not")]
    pub fn new() -> Self {
        let mut builder = tempfile::Builder::new();
        builder.prefix("symgate-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o755));
        }
        let inner = builder.tempdir().expect("a temporary directory can be made");
        // The umask may have taken away what the mode asked for.
        #[cfg(unix)]
        open_to_all(inner.path());
        Self { inner }
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.inner.path()
    }

    /// The path of `name` in this directory, whether or not it exists.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, with the directories that lead to it, and returns its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            self.make(parent);
        }
        fs::write(&path, content).unwrap_or_else(|error| panic!("cannot write `{}`: {error}", path.display()));
        path
    }

    /// Makes a directory inside this one, with those that lead to it, and returns its path.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn make(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", path.display()));
        #[cfg(unix)]
        for made in path.ancestors().take_while(|made| *made != self.path()) {
            if made.starts_with(self.path()) {
                open_to_all(made);
            }
        }
        path
    }
}

#[cfg(unix)]
fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .unwrap_or_else(|error| panic!("cannot open `{}` to all: {error}", path.display()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vanishes_with_its_content() {
        let dir = Dir::new();
        let file = dir.write("a/b/c.txt", "x");
        let path = dir.path().to_path_buf();
        assert!(file.is_file());
        drop(dir);
        assert!(!path.exists(), "`{}` is still there", path.display());
    }

    #[cfg(unix)]
    #[test]
    fn lets_every_user_pass() {
        use std::os::unix::fs::PermissionsExt;
        let dir = Dir::new();
        dir.write("a/b/c.txt", "x");
        for name in ["", "a", "a/b"] {
            let mode = fs::metadata(dir.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755, "mode of `{name}`");
        }
    }
}
