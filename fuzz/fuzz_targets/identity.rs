//! A stream that carries an identity serves no other, whatever errands come by.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| symgate_tests::property::identity::law(bytes));
