//! No line of a desktop's settings is lost, and no proxy of them.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::proxy::kioslaverc(bytes));
