//! Any compressed member expands within its limit or is refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::store::expansion(bytes));
