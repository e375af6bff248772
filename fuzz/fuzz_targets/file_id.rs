//! No identity leaves its store.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::path::file_id(bytes));
