//! `migrate`: brings the schema up to date and says where it stands.

use std::sync::Arc;

use super::print;
use super::problem::Problem;
use crate::app::{self, OpenProblem};
use crate::config::{DatabasePlace, Settings};
use crate::disk;
use crate::storage::{Db, Tally, migrate};
use crate::telemetry::logs;

pub async fn migrate(settings: &Settings) -> Result<(), Problem> {
    logs::start(settings.log_format, &settings.log);
    // Before the database is looked at, as a start does it.
    let if_new = app::refuse_new_database(settings);
    if if_new.is_err() && settings.database.is_missing() {
        return if_new.map_err(Problem::from);
    }
    if let DatabasePlace::Sqlite(path) = &settings.database
        && let Some(folder) = path.parent()
    {
        disk::make_folder(folder)
            .map_err(|cause| Problem::File { what: format!("the folder {}", folder.display()), cause })?;
    }
    let db = Db::open(&settings.database, Arc::new(Tally::default()))
        .await
        .map_err(|fault| OpenProblem::of_database(&settings.database, fault))?;
    if if_new.is_err() && migrate::is_absent(&db).await {
        return if_new.map_err(Problem::from);
    }
    migrate::run(&settings.database, &db).await?;
    db.close().await;
    print::line(&format!("the schema is at step {}", migrate::known()))
}
