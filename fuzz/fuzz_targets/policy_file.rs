//! Any text is a policy or an error that names its place.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::policy::policy_file(bytes));
