//! Any rules have one verdict for any request.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::policy::decide(bytes));
