//! Any bytes as an NTLM challenge are answered or refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::auth::ntlm_challenge(bytes));
