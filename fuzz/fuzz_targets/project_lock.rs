#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naja_fuzz::lock::project_lock(data));
