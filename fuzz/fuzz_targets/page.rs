//! What is left of a page is short and harmless.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::probe::page(bytes));
