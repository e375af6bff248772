//! No password that went through a session is shown.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::policy::policy_secrets(bytes));
