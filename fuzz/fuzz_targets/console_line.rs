//! Any lines on a console end in a prompt.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::console::console_line(bytes));
