//! The demo is a test too: it fails where a scene does not end as it is told.

use std::path::Path;

use symgate_tests::{built, demo};

#[test]
fn every_scene_of_each_demo_ends_as_told_and_fits_a_terminal() {
    let symgate = built::symgate().unwrap();
    for name in demo::NAMES {
        play(name, &symgate);
    }
}

fn play(name: &str, symgate: &Path) {
    let mut out = Vec::new();
    let played = demo::show(name, symgate, &mut out);
    let text = String::from_utf8_lossy(&out);
    assert_eq!(played, Ok(()), "{text}");
    // How long the name of the directory for temporary files is, is not ours to say.
    let told = text.lines().filter(|line| !line.starts_with("  DIR "));
    let wide: Vec<&str> = told.filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}
