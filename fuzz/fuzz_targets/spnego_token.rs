//! Any bytes as a SPNEGO token are answered or refused, also as a last word.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::auth::spnego_token(bytes));
