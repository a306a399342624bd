#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naja_fuzz::python::python_request(data));
