//! `apply`: makes the departments, clients and people of a declared state so, or says what would change.

use std::path::Path;

use super::apply::{self, ApplyProblem, Format, Report, Sandbox, Target};
use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::app::App;

/// Whether the state is made so or only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Apply,
    Plan,
}

/// The declared state of a file.
pub async fn file(place: &Place, path: &Path, way: Way) -> Result<(), Problem> {
    let text = std::fs::read_to_string(path).map_err(|cause| {
        let path = path.display();
        Problem::Found(format!(
            "the declared state {path} cannot be read ({cause}): give a JSON or TOML file that this user may read"
        ))
    })?;
    let app = &place.app;
    let (target, moment, format) = (target(app), app.moment(), Format::of_path(path));
    let done = match way {
        Way::Apply => apply::apply(&target, &moment, &text, format).await,
        Way::Plan => apply::plan(&target, &moment, &text, format).await,
    };
    app.close().await;
    print::line(&done.map_err(|problem| told(&path.display().to_string(), problem))?.to_string())
}

/// A declared state in JSON, as the demo has it.
pub async fn declare(app: &App, text: &str) -> Result<Report, Problem> {
    apply::apply(&target(app), &app.moment(), text, Format::Json)
        .await
        .map_err(|problem| told("the sample state", problem))
}

fn target(app: &App) -> Target<'_> {
    Target {
        db: &app.db,
        keys: &app.keys,
        passwords: &app.passwords,
        outgoing: &app.outgoing,
        sandbox: if app.settings.sandbox { Sandbox::On } else { Sandbox::Off },
    }
}

/// Most files have one slip or the same one everywhere; the first few tell enough.
const MOST_TOLD: usize = 5;

fn told(source: &str, problem: ApplyProblem) -> Problem {
    match problem {
        ApplyProblem::Unreadable(what) => Problem::Found(format!("{source}: {what}; nothing was changed")),
        ApplyProblem::Wrong(problems) => {
            let mut told: Vec<String> = problems.iter().take(MOST_TOLD).map(ToString::to_string).collect();
            if problems.len() > MOST_TOLD {
                told.push(format!("and {} more", problems.len() - MOST_TOLD));
            }
            Problem::Found(format!("{source}: {}; nothing was changed", told.join("; ")))
        }
        ApplyProblem::Fault(fault) => Problem::Fault(fault),
    }
}
