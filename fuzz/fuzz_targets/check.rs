//! Any bytes are the file that was asked for, or another one.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::index::check(bytes));
