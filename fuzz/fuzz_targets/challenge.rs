//! Lists of challenges of any peer are read or refused, within the limit.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::auth::challenge(bytes));
