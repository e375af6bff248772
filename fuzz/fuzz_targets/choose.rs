//! Any settings have one answer for any URL.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::choose(bytes));
