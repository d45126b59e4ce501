#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tongyao_fuzz::claims::run(data));
