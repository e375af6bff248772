//! No errand behind a policy sends a credential elsewhere, or against its rules.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::errand::under_policy(bytes));
