//! No exception of a system is lost, nor what is implied.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::bypass_list(bytes));
