//! The secrets the sample systems hold: made at the first start, kept beside their data, readable by the owner alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::base::{Moment, Secret};
use crate::cli::problem::Problem;
use crate::client::secret::generate;

/// The secret of a client, the same at every start on one data folder.
pub fn secret(data: &Path, client_id: &str, moment: &Moment) -> Result<Secret, Problem> {
    let path = data.join(format!("{client_id}.secret"));
    let unusable =
        |cause| Problem::File { what: format!("the secret of a sample system, {}", path.display()), cause };
    let mut text = String::new();
    match File::open(&path) {
        Ok(mut file) => {
            file.read_to_string(&mut text).map_err(unusable)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unusable(error)),
    }
    // Empty: the start that made it ended before it was written.
    if !text.trim().is_empty() {
        return Ok(Secret::new(text.trim()));
    }
    let made = generate(moment);
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(unusable)?;
    file.write_all(made.expose().as_bytes()).and_then(|()| file.sync_all()).map_err(unusable)?;
    Ok(made)
}
