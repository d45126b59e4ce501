//! What is logged: a level, and other levels for parts of the program.

use std::str::FromStr;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Which events are logged.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFilter(Targets);

/// What fits, for who wrote something else.
const FITS: &str = "a level (off, error, warn, info, debug or trace) is wanted, and levels of parts after it if need be, as in \
                    info,tongyao::oidc=debug";

impl LogFilter {
    pub fn targets(&self) -> &Targets {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self(Targets::new().with_default(Level::INFO))
    }
}

/// The filter's own reader takes any word for the name of a part, and would turn everything else off.
impl FromStr for LogFilter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut general, mut parts) = (None, Vec::new());
        for item in text.split(',').map(str::trim) {
            match item.split_once('=') {
                Some((part, level)) if is_part(part) => parts.push((part.to_owned(), level_of(level)?)),
                None if general.is_none() => general = Some(level_of(item)?),
                _ => return Err(FITS),
            }
        }
        let general = general.unwrap_or(LevelFilter::INFO);
        Ok(Self(Targets::new().with_default(general).with_targets(parts)))
    }
}

fn level_of(word: &str) -> Result<LevelFilter, &'static str> {
    let levels = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    levels.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level).ok_or(FITS)
}

/// A path of Rust modules, such as `tongyao::oidc`.
fn is_part(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.split("::").all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_levels_of_parts_are_understood() {
        let cases = [
            ("info", "other", Level::INFO, Level::DEBUG),
            ("WARN", "other", Level::WARN, Level::INFO),
            ("info,tongyao::oidc=debug", "tongyao::oidc::token", Level::DEBUG, Level::TRACE),
            ("debug, sqlx=off", "tongyao", Level::DEBUG, Level::TRACE),
            ("tongyao::oidc=debug", "tongyao::web", Level::INFO, Level::DEBUG),
        ];
        for (text, part, told, kept_quiet) in cases {
            let filter: LogFilter = text.parse().unwrap();
            assert!(filter.targets().would_enable(part, &told), "{text}");
            assert!(!filter.targets().would_enable(part, &kept_quiet), "{text}");
        }
        assert_eq!("info".parse(), Ok(LogFilter::default()));
    }

    #[test]
    fn what_is_no_level_says_what_fits() {
        let wrong = [
            "warning",
            "foo",
            "foo=bar=baz",
            "tongyao::oidc",
            "tongyao::oidc=",
            "=debug",
            "info,",
            "info,debug",
            "tongyao:oidc=debug",
            "info;tongyao=debug",
            "tongyao[span]=debug",
            "3",
            "",
        ];
        for text in wrong {
            assert!(text.parse::<LogFilter>().unwrap_err().contains("off, error, warn, info"), "{text}");
        }
    }
}
