//! What the service stands on: disk space, Redis, and whether this is a place for sample data.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::clock;
use super::finding::Finding;
use crate::app::{self, OpenProblem};
use crate::config::{DatabasePlace, Settings};
use crate::storage::{Ephemeral, Tally};

const LEAST_FREE_MIB: u64 = 1024;

pub fn sandbox(settings: &Settings) -> Finding {
    match (settings.sandbox, settings.is_https()) {
        (false, _) => Finding::ok("sandbox", "off"),
        (true, false) => {
            Finding::note("sandbox", "on: sample people and simulated card readers; never for real people")
        }
        (true, true) => Finding::note(
            "sandbox",
            "on under an https issuer (forced): never for real people; remove TONGYAO_SANDBOX for a real installation",
        ),
    }
}

/// How people are told that a system asks for them (CIBA).
pub fn messages(settings: &Settings) -> Finding {
    if settings.sandbox {
        Finding::ok("messages", "kept in the sandbox's inbox, /sandbox/inbox")
    } else {
        Finding::note(
            "messages",
            "no gateway for text messages: people find requests on their account page only",
        )
    }
}

/// Of the disk that fills: the embedded database's, else the data folder's.
pub fn disk(settings: &Settings) -> Finding {
    let folder = match &settings.database {
        DatabasePlace::Sqlite(path) => path.parent().unwrap_or(Path::new("/")),
        DatabasePlace::Postgres(_) => &settings.data_dir,
    };
    let Some(there) = folder.ancestors().find(|folder| folder.exists()) else {
        return Finding::note("disk", "not checked");
    };
    match free_mib(there) {
        None => Finding::note("disk", format!("{}: not checked, `df` gives no answer", there.display())),
        Some(free) if free < LEAST_FREE_MIB => {
            Finding::problem("disk", format!("{}: {free} MiB are free: make room", there.display()))
        }
        Some(free) => Finding::ok("disk", format!("{}: {} GiB are free", there.display(), free / 1024)),
    }
}

pub async fn redis(settings: &Settings) -> Vec<Finding> {
    let Some(url) = &settings.redis else {
        let one = "in process: for one node; several nodes need TONGYAO_REDIS_URL";
        return vec![Finding::ok("ephemeral", one)];
    };
    match reach(url.expose()).await {
        Ok((ephemeral, warning)) => {
            let answers = Finding::ok("ephemeral", "Redis answers");
            let warning = warning.map(|warning| Finding::note("ephemeral", warning));
            let clock = clock::examine_redis(&ephemeral).await;
            std::iter::once(answers).chain(warning).chain(clock).collect()
        }
        Err(problem) => vec![Finding::problem("ephemeral", problem)],
    }
}

async fn reach(url: &str) -> Result<(Ephemeral, Option<String>), OpenProblem> {
    let opened = Ephemeral::in_redis(url, "tongyao:", Arc::new(Tally::default())).await;
    let ephemeral = opened.map_err(OpenProblem::Redis)?;
    let warning = app::examine_redis(&ephemeral).await?;
    ephemeral.ping().await.map_err(OpenProblem::Redis)?;
    Ok((ephemeral, warning))
}

/// The standard library does not ask file systems; POSIX `df -P -k` does, in a form that is fixed.
fn free_mib(folder: &Path) -> Option<u64> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let output = Command::new("df").args(["-P", "-k"]).arg(folder).output().ok()?;
    available_kib(&String::from_utf8_lossy(&output.stdout)).map(|kib| kib / 1024)
}

/// The fourth column of the last line; a file system's name may hold spaces, so it is counted from the percent sign.
fn available_kib(table: &str) -> Option<u64> {
    let mut columns =
        table.lines().nth(1)?.split_whitespace().rev().skip_while(|column| !column.ends_with('%'));
    columns.next()?;
    columns.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_table_of_df() {
        let head = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        let cases = [
            ("/dev/sda1 100 40 60 40% /", Some(60)),
            ("//host/a share 100 40 61 40% /mnt/a b", Some(61)),
            ("", None),
            ("garbage", None),
        ];
        for (line, expected) in cases {
            assert_eq!(available_kib(&format!("{head}{line}")), expected, "{line}");
        }
    }
}
