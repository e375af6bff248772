//! Any bytes are identified or refused, after few and small reads.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::index::identify(bytes));
