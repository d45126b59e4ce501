#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tongyao_fuzz::request_objects::run(data));
