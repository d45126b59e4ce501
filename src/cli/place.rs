//! Where a command works: the settings of this installation, and its opened parts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::problem::Problem;
use super::{named_files, print};
use crate::app::{self, App, Choices, Redis};
use crate::config::raw::Raw;
use crate::config::{DatabasePlace, Registration, Settings};
use crate::storage::Db;
use crate::telemetry::logs;

/// The settings of a file, under those of the environment.
pub fn settings(file: Option<&Path>) -> Result<Settings, Problem> {
    Ok(Settings::resolve(&Raw::read(file, std::env::vars_os())?)?)
}

/// The opened service, for commands that work on it without serving.
pub struct Place {
    pub app: Arc<App>,
    _imagined: Option<Imagined>,
}

/// The folder of an installation that is there for the length of one command.
struct Imagined(PathBuf);

impl Place {
    /// An installation that is there; nothing of it is made or migrated.
    pub async fn open(settings: Settings) -> Result<Self, Problem> {
        logs::start(settings.log_format, &settings.log);
        Ok(Self { app: App::open_as_it_is(settings, choices()).await?, _imagined: None })
    }

    /// The same for who only asks what would be made: where nothing is on record yet, an empty installation that goes with
    /// this.
    pub async fn open_or_imagine(settings: Settings) -> Result<Self, Problem> {
        match Self::open(settings.clone()).await {
            Err(Problem::Open(problem)) if problem.is_of_an_empty_place() => Self::imagine(settings).await,
            opened => opened,
        }
    }

    /// The installation, made and brought up to date as the service does it.
    pub async fn make(settings: Settings) -> Result<Self, Problem> {
        logs::start(settings.log_format, &settings.log);
        Ok(Self { app: App::open(settings, choices()).await?, _imagined: None })
    }

    async fn imagine(settings: Settings) -> Result<Self, Problem> {
        app::refuse_new_database(&settings)?;
        let choices = choices();
        let imagined =
            Imagined(std::env::temp_dir().join(format!("tongyao-plan-{}", choices.random.token(12))));
        let folder = &imagined.0;
        let settings = Settings {
            database: DatabasePlace::Sqlite(folder.join("plan.db")),
            keys_dir: folder.join("keys"),
            data_dir: folder.clone(),
            redis: None,
            ..settings
        };
        logs::start(settings.log_format, &settings.log);
        Ok(Self { app: App::open(settings, choices).await?, _imagined: Some(imagined) })
    }
}

/// A command that needs nothing of Redis works while it is away.
fn choices() -> Choices {
    Choices { redis: Redis::WhenNeeded, ..Choices::default() }
}

impl Drop for Imagined {
    fn drop(&mut self) {
        // What cannot be removed is empty, and lies where the system cleans up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `config check`: everything that can be said without opening database and keys.
pub fn check(settings: &Settings) -> Result<(), Problem> {
    Db::check(&settings.database)?;
    named_files::read(settings)?;
    print::line(&format!("issuer     {}", settings.issuer))?;
    print::line(&format!("listen     {}", settings.listen))?;
    print::line(&format!("database   {}", settings.database))?;
    print::line(&format!("ephemeral  {}", if settings.redis.is_some() { "Redis" } else { "in process" }))?;
    print::line(&format!("keys       {}", settings.keys_dir.display()))?;
    let registration = match settings.registration {
        Registration::Off => "off",
        Registration::Token => "by token",
        Registration::Open => "open",
    };
    print::line(&format!("clients    registration is {registration}"))?;
    print::line(&format!("sandbox    {}", if settings.sandbox { "on" } else { "off" }))?;
    print::line("the settings are fine")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::raw::NAMES;

    #[test]
    fn the_guide_knows_every_setting_and_no_other() {
        let guide = include_str!("../../docs/guides/settings.md");
        let rows = guide.lines().filter_map(|line| line.strip_prefix("| `TONGYAO_")?.split('`').next());
        let mut told: Vec<String> = rows.map(|name| format!("TONGYAO_{name}")).collect();
        let mut known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        told.sort_unstable();
        known.sort_unstable();
        assert_eq!(told, known);
    }

    #[test]
    fn an_address_that_postgres_cannot_be_reached_by_is_found_before_the_start() {
        let given = [("TONGYAO_DATABASE_URL", "postgres://u:secret@h/d?sslmode=sometimes")];
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::resolve(&Raw::read(None, given).unwrap()).unwrap();
        let problem = check(&settings).unwrap_err().to_string();
        assert!(problem.contains("TONGYAO_DATABASE_URL") && !problem.contains("secret"), "{problem}");
    }
}
