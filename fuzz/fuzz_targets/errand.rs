//! Whole errands in a world that any bytes decide end, and keep their secrets.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::errand::law(bytes));
