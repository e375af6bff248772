//! A head is read as it was sent, or cannot be sent.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::wire::heads(bytes));
