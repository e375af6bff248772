//! No replies make a session blame its caller, ask without end or send what was rejected.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::auth::session(bytes));
