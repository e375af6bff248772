//! Any SOCKS5 proxy is understood alike however its bytes are split.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::socks::socks_reply(bytes));
