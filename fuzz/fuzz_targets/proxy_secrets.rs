//! No password of a proxy is shown.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::proxy_secrets(bytes));
