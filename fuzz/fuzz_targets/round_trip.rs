//! A body that one end writes is the body that the other reads.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::wire::round_trip(bytes));
