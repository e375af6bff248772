//! No exception is lost.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::no_proxy(bytes));
