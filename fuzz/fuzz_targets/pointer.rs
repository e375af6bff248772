//! A `file.ptr` of any store is understood or refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::store::pointer(bytes));
