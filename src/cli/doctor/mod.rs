//! `doctor`: looks at the whole installation without changing it, and says what to do about what it finds.

mod certificate;
mod clock;
mod database;
mod files;
mod finding;
mod logouts;
mod surroundings;

use self::finding::{Finding, State};
use super::print;
use super::problem::Problem;
use crate::config::Settings;

pub async fn doctor(settings: Result<Settings, Problem>) -> Result<(), Problem> {
    let findings = match settings {
        Ok(settings) => examine(&settings).await,
        Err(problem) => vec![Finding::problem("settings", problem)],
    };
    for finding in &findings {
        print::line(&finding.to_string())?;
    }
    match findings.iter().filter(|finding| finding.state == State::Problem).count() {
        0 => Ok(()),
        1 => Err(Problem::Found("1 problem was found, see above".to_owned())),
        more => Err(Problem::Found(format!("{more} problems were found, see above"))),
    }
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("settings", format!("issuer {}", settings.issuer))];
    findings.push(surroundings::sandbox(settings));
    findings.push(surroundings::messages(settings));
    findings.extend(files::keys(settings));
    findings.extend(database::examine(settings).await);
    findings.push(surroundings::disk(settings));
    findings.extend(surroundings::redis(settings).await);
    findings.push(files::tls(settings));
    findings.push(files::mutual_tls(settings));
    findings.push(files::outgoing(settings));
    findings.push(files::readers(settings));
    findings
}
