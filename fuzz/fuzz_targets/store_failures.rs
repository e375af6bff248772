//! A disk that fails at any change leaves whole files or none.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::store::store_failures(bytes));
