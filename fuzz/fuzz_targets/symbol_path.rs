//! Any symbol path is parsed, printed and parsed again to the same.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::path::symbol_path(bytes));
