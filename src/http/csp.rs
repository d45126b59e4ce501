//! The Content-Security-Policy of a page: nothing from elsewhere, nothing in line, and forms that end where they may.

/// What a page needs beyond the strict default.
#[derive(Debug, Clone, Default)]
pub struct Csp {
    /// Where a form of this page may end after its redirects, beside our own address (CSP 3 §6.4.2: redirects count).
    form_targets: Vec<String>,
    /// What its scripts may call, beside our own address.
    connects: Vec<String>,
}

/// For answers that are no pages.
pub const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

impl Csp {
    pub fn strict() -> Self {
        Self::default()
    }

    /// `source` is a CSP source expression such as `https://app.example`.
    pub fn form_to(mut self, source: impl Into<String>) -> Self {
        self.form_targets.push(source.into());
        self
    }

    pub fn connect_to(mut self, source: impl Into<String>) -> Self {
        self.connects.push(source.into());
        self
    }

    pub fn header(&self) -> String {
        let list =
            |extra: &[String]| extra.iter().fold(String::from("'self'"), |list, one| format!("{list} {one}"));
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src {}; form-action {}; \
             base-uri 'none'; frame-ancestors 'none'",
            list(&self.connects),
            list(&self.form_targets),
        )
    }
}
