//! A session does what its naive model does.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::policy::policy_session(bytes));
