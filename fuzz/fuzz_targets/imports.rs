#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naja_fuzz::project::imports(data));
