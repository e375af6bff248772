//! Files for a server that gives up root for a user of its own.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::dir::Dir;

/// Makes the directory and all that is in it `user`'s, when a server will give up root for that user.
pub(super) fn to_user(dir: &Dir, user: &str) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let id = user_id(user);
    let mut paths = vec![dir.path().to_path_buf()];
    while let Some(path) = paths.pop() {
        chown(&path, Some(id), None).unwrap_or_else(|error| panic!("cannot give away `{}`: {error}", path.display()));
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("the directory can be listed");
            paths.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
}

/// Lets the members of `group` use what only root could.
pub(super) fn to_group(path: &Path, group: &str) {
    let id = listed("/etc/group", group);
    chown(path, None, Some(id)).unwrap_or_else(|error| panic!("cannot give away `{}`: {error}", path.display()));
}

/// The number of a user.
pub(super) fn user_id(user: &str) -> u32 {
    listed("/etc/passwd", user)
}

/// The number of a group.
pub(super) fn group_id(group: &str) -> u32 {
    listed("/etc/group", group)
}

fn listed(file: &str, name: &str) -> u32 {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("`{file}`: {error}"));
    number(&text, name).unwrap_or_else(|| panic!("`{file}` has no `{name}`"))
}

fn number(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/:/bin/sh\nproxyx:x:7:7::/:/bin/sh\nproxy:x:13:13::/bin:/bin/sh\n";
        for (user, expected) in [("root", Some(0)), ("proxy", Some(13)), ("prox", None)] {
            assert_eq!(number(passwd, user), expected, "{user}");
        }
    }
}
