//! From the command line to the exit code: 0 only on success, else one line on stderr.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use super::arguments::{Arguments, AuditCommand, Command, ConfigCommand, KeysCommand, SessionsCommand};
use super::declare::{self, Way};
use super::place::{self, Place};
use super::problem::Problem;
use super::sessions::Which;
use super::{audit, clients, demo, doctor, keys, migrate, panic_hook, print, serve, sessions, trace};
use crate::crypto::keystore::Occasion;

pub fn run() -> ExitCode {
    // Every TLS connection of the process, served or made, uses this provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    panic_hook::install();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error),
    };
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

/// Help and version are answers; anything else is one line.
fn not_understood(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match print::line(error.to_string().trim_end()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                print::problem(&problem.to_string());
                ExitCode::FAILURE
            }
        };
    }
    let text = error.to_string();
    let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    let what = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        format!("which command? There are {}", commands(&text).join(", "))
    } else {
        what.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    print::problem(&format!("{what}; tongyao --help says more"));
    ExitCode::FAILURE
}

/// The commands a help text lists.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed.map_while(|line| line.split_whitespace().next()).collect()
}

async fn command(Arguments { config, command }: Arguments) -> Result<(), Problem> {
    let settings = || place::settings(config.as_deref());
    match command {
        Command::Demo { .. } if config.is_some() => Err(Problem::Found(
            "demo decides its settings itself and reads no settings file: leave out --config and TONGYAO_CONFIG".to_owned(),
        )),
        Command::Demo { port, data } => demo::demo(port, data).await,
        Command::Apply { file, plan: true } => {
            declare::file(&Place::open_or_imagine(settings()?).await?, &file, Way::Plan).await
        }
        Command::Apply { file, plan: false } => {
            declare::file(&Place::make(settings()?).await?, &file, Way::Apply).await
        }
        Command::Doctor => doctor::doctor(settings()).await,
        Command::Serve => serve::serve(settings()?).await,
        Command::Migrate => migrate::migrate(&settings()?).await,
        Command::Keys(KeysCommand::List) => keys::list(&settings()?),
        Command::Keys(KeysCommand::Rotate { name, force }) => {
            let occasion = if force { Occasion::Emergency } else { Occasion::Wish };
            keys::rotate(settings()?, name, occasion).await
        }
        Command::Clients(command) => clients::run(&Place::open(settings()?).await?, command).await,
        Command::Sessions(SessionsCommand::List { who }) => {
            sessions::list(&Place::open(settings()?).await?, &who).await
        }
        Command::Sessions(SessionsCommand::End { session, person }) => {
            let which = match (session, person) {
                (Some(session), _) => Which::Session(session),
                (None, Some(who)) => Which::All(who),
                (None, None) => return Err(Problem::Found("name one: --session ID or --person PERSON".to_owned())),
            };
            sessions::end(&Place::open(settings()?).await?, &which).await
        }
        Command::Audit(AuditCommand::Verify { expect }) => {
            audit::verify(&Place::open(settings()?).await?, expect.as_ref()).await
        }
        Command::Trace { txn, department } => {
            trace::trace(&Place::open(settings()?).await?, &txn, department.as_deref()).await
        }
        Command::Config(ConfigCommand::Check) => place::check(&settings()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_demo_takes_no_settings_file() {
        let given = ["tongyao", "--config", "/nonexistent", "demo", "--data", "/nonexistent"];
        let problem = command(Arguments::try_parse_from(given).unwrap()).await.unwrap_err().to_string();
        assert!(problem.contains("leave out --config and TONGYAO_CONFIG"), "{problem}");
    }
}
