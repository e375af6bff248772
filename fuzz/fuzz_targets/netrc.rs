//! A netrc file invents nothing and shows no password.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::credentials::netrc(bytes));
