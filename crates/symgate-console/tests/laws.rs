//! The law of the console, over lines that look like commands often enough to get somewhere.

use proptest::collection::vec;
use proptest::prelude::*;
use symgate_tests::property::console::console_line;

fn session() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    (any::<u8>(), vec(word, 0..40)).prop_map(|(choice, words)| {
        let mut bytes = vec![choice];
        bytes.extend(words.concat().into_bytes());
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_ends_and_prints_nothing_that_harms(bytes in session()) {
        console_line(&bytes);
    }

    #[test]
    fn any_bytes_are_lines(bytes in vec(any::<u8>(), 0..300)) {
        console_line(&bytes);
    }
}

const WORDS: &[&str] = &[
    "!sym",
    "!chksym",
    "!homedir",
    "!lmi",
    "!symsrv",
    ".help",
    ".lines",
    ".reload",
    ".restart",
    ".secure",
    ".symfix",
    ".symopt",
    ".sympath",
    "ld",
    "lm",
    "q",
    " ",
    " ",
    " ",
    ";",
    ";",
    "\n",
    "+",
    "-",
    " noisy",
    " quiet",
    " prompts",
    " off",
    " on",
    " close",
    " /f",
    " /i",
    " /o",
    " /u",
    " /unl",
    " /user",
    " /w",
    " /l",
    " -?",
    " app1",
    " app2.dll",
    " app*",
    "[1-2]",
    "#",
    "=",
    "10000000",
    ",",
    "80000",
    "40000",
    "4",
    "srv*",
    "cache*",
    "https://h/s",
    "/dir",
    "\\\\s\\p",
    "v",
    "m",
    "M",
    "1m",
    "sm",
    "a",
    "t",
    "e",
    "\"",
    "*",
    "$$",
];
