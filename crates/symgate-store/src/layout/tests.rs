//! Case, several spellings, links, and roots that mean nothing here.

use std::fs;

use super::*;

fn strings<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

#[test]
fn knows_the_roots_of_windows() {
    for (root, foreign) in [
        (r"C:\sym", true),
        ("z:/sym", true),
        ("C:", true),
        (r"\\server\share", true),
        ("/sym", false),
        ("//server/share", false),
        ("sym/C:", false),
        ("1:/sym", false),
        ("ab:/sym", false),
        ("", false),
    ] {
        assert_eq!(is_foreign(Path::new(root)), foreign && !cfg!(windows), "{root}");
    }
}

#[test]
fn finds_any_case_and_prefers_the_exact_one() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let wanted = strings(["Foo.pdb", "ABC1", "Foo.pdb"]);
    let exact = root.join("Foo.pdb/ABC1/Foo.pdb");
    for (written, expected) in [("foo.PDB/abc1/FOO.pdb", None), ("Foo.pdb/ABC1/Foo.pdb", Some(&exact))] {
        let path = root.join(written);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, written).unwrap();
        let Probe::Found(found) = find(root, &wanted).unwrap() else {
            panic!("{written} was not found");
        };
        match expected {
            Some(expected) => assert_eq!(&found, expected),
            None => assert_eq!(fs::read_to_string(found).unwrap(), written),
        }
    }
}

#[test]
fn finds_a_key_in_the_second_spelling_of_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("FOO.pdb/1")).unwrap();
    fs::create_dir_all(root.join("foo.pdb/2")).unwrap();
    fs::write(root.join("foo.pdb/2/foo.pdb"), "two").unwrap();
    let Probe::Found(path) = find(root, &strings(["Foo.PDB", "2", "foo.pdb"])).unwrap() else {
        panic!("not found");
    };
    assert_eq!(fs::read_to_string(path).unwrap(), "two");
    assert_eq!(
        find(root, &strings(["Foo.PDB", "1", "foo.pdb"])).unwrap(),
        Probe::NoFile
    );
    assert_eq!(
        find(root, &strings(["Foo.PDB", "3", "foo.pdb"])).unwrap(),
        Probe::NoPath
    );
}

#[test]
fn writes_into_existing_directories_whatever_their_case() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("FOO.pdb/k1")).unwrap();
    let place = place(root, &strings(["foo.pdb", "K1", "foo.pdb"])).unwrap();
    fs::write(place, "x").unwrap();
    assert!(root.join("FOO.pdb/k1").read_dir().unwrap().count() == 1);
}

#[test]
fn a_name_too_long_for_the_system_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let long = "x".repeat(5000);
    assert_eq!(
        find(directory.path(), &strings([&long, "1", &long])).unwrap(),
        Probe::NoPath
    );
}

#[cfg(unix)]
#[test]
fn follows_links_to_files_and_ignores_dangling_ones() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("x/1")).unwrap();
    let components = strings(["x", "1", "x"]);
    std::os::unix::fs::symlink(root.join("elsewhere"), root.join("x/1/x")).unwrap();
    assert_eq!(find(root, &components).unwrap(), Probe::NoFile);
    fs::write(root.join("elsewhere"), "content").unwrap();
    assert_eq!(find(root, &components).unwrap(), Probe::Found(root.join("x/1/x")));
}
