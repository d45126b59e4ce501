//! What commands say: results on stdout, problems on stderr.

use std::io::{self, ErrorKind, Write};

use super::problem::Problem;

/// A reader that went away is not a problem of ours; anything else is, since an answer that nobody got is none.
pub fn line(text: &str) -> Result<(), Problem> {
    match put(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Problem::NotPrinted(error)),
        _ => Ok(()),
    }
}

/// A secret that is shown once: when nobody could read it, it is lost. `what_to_do` then follows the reason.
pub fn secret(text: &str, what_to_do: &str) -> Result<(), Problem> {
    put(text).map_err(|error| {
        Problem::Found(format!(
            "it was made and could not be printed, so nobody knows it ({error}): {what_to_do}"
        ))
    })
}

/// What to know about an answer, kept out of it so that a script reads the answer alone.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A problem in one line, whatever the text it was made of looks like.
pub fn problem(text: &str) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let _ = writeln!(io::stderr().lock(), "tongyao: {}", lines.join("; "));
}

fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush())
}
