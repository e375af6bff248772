//! Any Digest challenge is answered or refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::auth::digest_challenge(bytes));
