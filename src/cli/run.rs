//! From the command line to the exit code: 0 only on success, else one line on stderr.

use std::process::ExitCode;

use clap::Parser;

use super::arguments::{Arguments, AuditCommand, Command, ConfigCommand, KeysCommand};
use super::place::{self, Place};
use super::problem::Problem;
use super::{audit, keys, migrate, panic_hook, print, serve};

pub fn run() -> ExitCode {
    // Every TLS connection of the process, served or made, uses this provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    panic_hook::install();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::problem(&format!("the runtime cannot be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(command(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            print::problem(&problem.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn command(Arguments { config, command }: Arguments) -> Result<(), Problem> {
    let settings = || place::settings(config.as_deref());
    match command {
        Command::Serve => serve::serve(settings()?).await,
        Command::Migrate => migrate::migrate(&settings()?).await,
        Command::Keys(KeysCommand::List) => keys::list(&settings()?),
        Command::Keys(KeysCommand::Rotate { algorithm }) => keys::rotate(&settings()?, algorithm),
        Command::Audit(AuditCommand::Verify) => audit::verify(&Place::open(settings()?).await?).await,
        Command::Config(ConfigCommand::Check) => place::check(&settings()?),
    }
}
