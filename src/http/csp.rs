//! The Content-Security-Policy of a page: nothing from elsewhere, nothing in line, and forms that end where they may.

/// What a page needs beyond the strict default.
#[derive(Debug, Clone, Default)]
pub struct Csp {
    /// Where a form of this page may end after its redirects, beside our own address (CSP 3 §6.4.2: redirects count).
    form_targets: Vec<String>,
    /// What its scripts may call, beside our own address.
    connects: Vec<String>,
    /// What it may show in frames: nothing of our own.
    frames: Vec<String>,
}

/// For the one page that clients show in a frame of theirs: our script and nothing else, in a frame of anybody.
pub const FRAMED: &str =
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// For answers that are no pages.
pub const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

impl Csp {
    pub fn strict() -> Self {
        Self::default()
    }

    /// A form of this page leads to a client at `source`, a CSP source expression such as `https://app.example`. The whole scheme
    /// is open: a client may send the person on to another host of its own, and browsers hold that against this page too.
    pub fn form_to(mut self, source: impl Into<String>) -> Self {
        self.form_targets.push(scheme_of(source.into()));
        self
    }

    pub fn connect_to(mut self, source: impl Into<String>) -> Self {
        self.connects.push(source.into());
        self
    }

    /// Twice the same source is said once.
    pub fn frame(mut self, source: impl Into<String>) -> Self {
        let source = source.into();
        if !self.frames.contains(&source) {
            self.frames.push(source);
        }
        self
    }

    pub fn header(&self) -> String {
        let list =
            |extra: &[String]| extra.iter().fold(String::from("'self'"), |list, one| format!("{list} {one}"));
        let frames = match self.frames.is_empty() {
            true => String::new(),
            false => format!("frame-src {}; ", self.frames.join(" ")),
        };
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src {}; form-action {}; \
             {frames}base-uri 'none'; frame-ancestors 'none'",
            list(&self.connects),
            list(&self.form_targets),
        )
    }
}

/// `http:` covers `https:` as well (CSP 3 §6.7.2.8); clients have it on loopback only.
fn scheme_of(source: String) -> String {
    match source.split_once("://") {
        Some((scheme, _)) => format!("{scheme}:"),
        None => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_end_where_the_client_sends_the_person_on() {
        for (source, ends) in [
            ("https://app.example", "form-action 'self' https:;"),
            ("http://localhost:9000", "form-action 'self' http:;"),
            ("com.example.app:", "form-action 'self' com.example.app:;"),
            ("'none'", "form-action 'self' 'none';"),
        ] {
            let header = Csp::strict().form_to(source).header();
            assert!(header.contains(ends), "{source}: {header}");
        }
        assert!(Csp::strict().header().contains("form-action 'self';"));
    }
}
