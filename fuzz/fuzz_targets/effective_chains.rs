//! What any symbol path searches is well formed.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::path::effective_chains(bytes));
