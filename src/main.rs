//! The program.

fn main() -> std::process::ExitCode {
    tongyao::cli::run()
}
