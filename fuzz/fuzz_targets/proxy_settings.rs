//! No line of a file of settings is lost, and both forms mean the same.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::proxy_settings(bytes));
