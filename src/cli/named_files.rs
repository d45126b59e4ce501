//! The files that settings name, read as `serve` reads them: a check must find what would stop the start.

use super::problem::Problem;
use crate::app::OpenProblem;
use crate::base::Fault;
use crate::config::Settings;
use crate::crypto::certificate::{AuthoritiesProblem, ClientAuthorities};
use crate::gateway::guard::{Guard, Reach};
use crate::gateway::{CardReaders, Outgoing};
use crate::server::tls;

/// All of them; the first that cannot be read.
pub fn read(settings: &Settings) -> Result<(), Problem> {
    if let Some(files) = &settings.tls {
        tls::Identity::load(files, tls::Asks::Everybody)?;
    }
    client_ca(settings).map_err(OpenProblem::from)?;
    extra_ca(settings)?;
    reader_keys(settings)?;
    Ok(())
}

pub fn client_ca(settings: &Settings) -> Result<(), AuthoritiesProblem> {
    settings.client_ca.as_deref().map(ClientAuthorities::read).transpose().map(drop)
}

pub fn extra_ca(settings: &Settings) -> Result<(), Fault> {
    Outgoing::new(Guard::new(Reach::Public, &[]), settings.extra_ca.as_deref()).map(drop)
}

pub fn reader_keys(settings: &Settings) -> Result<(), Fault> {
    CardReaders::registered(settings.reader_keys.as_deref()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::doctor;
    use super::super::place;
    use super::*;
    use crate::base::scratch::Scratch;
    use crate::config::raw::Raw;

    #[tokio::test]
    async fn a_file_that_cannot_be_used_is_found_before_the_start() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = Scratch::open();
        let (gone, wrong) = (folder.join("gone"), folder.join("wrong"));
        std::fs::write(&wrong, "neither a certificate nor keys").unwrap();
        for name in ["TONGYAO_CLIENT_CA", "TONGYAO_EXTRA_CA", "TONGYAO_READER_KEYS"] {
            for file in [&gone, &wrong] {
                let pairs = [(name, file), ("TONGYAO_DATA_DIR", &folder.join("data"))];
                let pairs = pairs.map(|(name, path)| (name.to_owned(), path.to_string_lossy().into_owned()));
                let settings = Settings::resolve(&Raw::read(None, pairs.into_iter()).unwrap()).unwrap();
                let problem = place::check(&settings).unwrap_err().to_string();
                assert!(problem.contains(name) && problem.contains(&*file.to_string_lossy()), "{problem}");
                assert!(doctor::doctor(Ok(settings)).await.is_err(), "{name}");
            }
        }
    }
}
