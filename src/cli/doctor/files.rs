//! Files that must be there, be ours alone, and fit: the keys folder and the certificate.

use std::time::Duration;

use super::super::named_files;
use super::certificate;
use super::finding::Finding;
use crate::base::time::{Clock, SystemClock};
use crate::config::{Settings, Tls};
use crate::crypto::folder::{KeysFolder, KeysProblem};
use crate::server::tls as serving;

/// A renewal needs time to be arranged.
const EXPIRES_SOON: Duration = Duration::from_secs(21 * 24 * 3600);
const DAY_SECONDS: u64 = 24 * 3600;

/// The folder and every file in it; that they are of the right kind shows when the database is looked at, and whether a
/// folder that is not there should be.
pub fn keys(settings: &Settings) -> Option<Finding> {
    let path = &settings.keys_dir;
    match modes(path) {
        Ok(files) => {
            Some(Finding::ok("keys", format!("{}, {files} files, for the owner alone", path.display())))
        }
        Err(KeysProblem::Missing { .. }) => None,
        Err(problem) => Some(Finding::problem("keys", problem)),
    }
}

pub fn tls(settings: &Settings) -> Finding {
    match &settings.tls {
        Some(files) => certificate(files, settings),
        None if settings.is_https() => {
            Finding::ok("tls", "not served here; a proxy before the service serves https")
        }
        None => Finding::note("tls", "the issuer is http: for this machine only"),
    }
}

fn modes(path: &std::path::Path) -> Result<usize, KeysProblem> {
    let folder = KeysFolder::open(path)?;
    let names = folder.list("")?;
    for name in &names {
        folder.read(name)?;
    }
    Ok(names.len())
}

/// Where client certificates come from, and who vouches for them.
pub fn mutual_tls(settings: &Settings) -> Finding {
    if let Err(problem) = named_files::client_ca(settings) {
        return Finding::problem("mutual tls", problem);
    }
    let authorities = if settings.client_ca.is_some() { "TONGYAO_CLIENT_CA" } else { "no authority" };
    let proxied = !settings.trusted_proxies.is_empty() && !settings.client_cert_headers.is_empty();
    match (&settings.tls, proxied) {
        (_, true) => Finding::note(
            "mutual tls",
            format!(
                "the proxies of TONGYAO_TRUSTED_PROXIES must overwrite {} in every request; {authorities}",
                settings.client_cert_headers.join(" and ")
            ),
        ),
        (Some(_), false) => Finding::ok("mutual tls", format!("over the service's own TLS; {authorities}")),
        (None, false) => Finding::ok("mutual tls", "off: no client certificate reaches the service"),
    }
}

/// Whose certificates the service believes when it calls others.
pub fn outgoing(settings: &Settings) -> Finding {
    match (named_files::extra_ca(settings), &settings.extra_ca) {
        (Err(problem), _) => Finding::problem("calls", format!("{problem:?}")),
        (Ok(()), Some(_)) => Finding::ok("calls", "the public authorities and TONGYAO_EXTRA_CA are trusted"),
        (Ok(()), None) => Finding::ok("calls", "the public authorities are trusted"),
    }
}

/// Whose signatures count at the windows.
pub fn readers(settings: &Settings) -> Finding {
    match (named_files::reader_keys(settings), &settings.reader_keys) {
        (Err(problem), _) => Finding::problem("readers", format!("{problem:?}")),
        (Ok(()), Some(_)) => Finding::ok("readers", "those of TONGYAO_READER_KEYS"),
        (Ok(()), None) if settings.sandbox => Finding::ok("readers", "simulated (sandbox)"),
        (Ok(()), None) => Finding::note("readers", "none is registered: every document is typed by hand"),
    }
}

fn certificate(files: &Tls, settings: &Settings) -> Finding {
    if let Err(problem) = serving::Identity::load(files, serving::Asks::Everybody) {
        return Finding::problem("tls", problem);
    }
    let strangers = certificate::not_made_for(&files.cert, settings.hosts());
    if !strangers.is_empty() {
        return not_for_us(&strangers.join(" and "), settings);
    }
    let now = SystemClock.now();
    let renew = "renew it; a running service takes the new files over by itself";
    match certificate::expires_at(&files.cert) {
        None => Finding::note("tls", "certificate and key fit; when the certificate expires cannot be read"),
        Some(end) if end <= now => {
            Finding::problem("tls", format!("the certificate expired on {}: {renew}", end.date()))
        }
        Some(end) if end.since(now) < EXPIRES_SOON => Finding::problem(
            "tls",
            format!("the certificate expires in {} days: {renew}", end.since(now).as_secs() / DAY_SECONDS),
        ),
        Some(end) => Finding::ok("tls", format!("certificate and key fit, valid until {}", end.date())),
    }
}

/// A proxy in between may believe any certificate; browsers do not.
fn not_for_us(hosts: &str, settings: &Settings) -> Finding {
    let what = format!("the certificate is not made for {hosts}");
    match settings.trusted_proxies.is_empty() {
        true => Finding::problem("tls", format!("{what}: browsers refuse it; get one with that name in it")),
        false => {
            Finding::note("tls", format!("{what}: the proxies of TONGYAO_TRUSTED_PROXIES must accept that"))
        }
    }
}
