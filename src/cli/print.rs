//! What commands say: results on stdout, problems on stderr.

use std::io::Write;

/// A reader that went away is not a problem of ours.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// What to know about an answer, kept out of it so that a script reads the answer alone.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A problem in one line, whatever the text it was made of looks like.
pub fn problem(text: &str) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let _ = writeln!(std::io::stderr().lock(), "tongyao: {}", lines.join("; "));
}
