//! No entry of a script's answer is lost.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::pac_result(bytes));
