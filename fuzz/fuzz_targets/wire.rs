//! Any peer is understood alike however its bytes are split, within the limits.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::wire::laws(bytes));
