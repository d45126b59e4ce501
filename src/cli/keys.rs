//! `keys`: the signing keys, listed and rotated. Running services take a rotation over within a minute.

use super::print;
use super::problem::Problem;
use crate::base::random::System;
use crate::base::time::{Clock, SystemClock};
use crate::config::Settings;
use crate::crypto::Keys;
use crate::crypto::keystore::Stage;
use crate::protocol::SigningAlgorithm;

pub fn list(settings: &Settings) -> Result<(), Problem> {
    let keys = open(settings)?;
    for key in keys.signing.view().keys() {
        let (algorithm, stage) = (key.signer.algorithm().as_str(), word(key.stage));
        print::line(&format!("{algorithm:<6} {stage:<8} {} {}", key.since, key.signer.kid()));
    }
    Ok(())
}

pub fn rotate(settings: &Settings, algorithm: SigningAlgorithm) -> Result<(), Problem> {
    let keys = open(settings)?;
    keys.signing.rotate(algorithm, SystemClock.now())?;
    let kid = keys.signing.signer(algorithm)?.kid().to_owned();
    print::line(&format!(
        "{} is signed with {kid} from now on; running services follow within a minute. \
         Rotate again in 11 minutes at the earliest: systems may keep our public keys for 10",
        algorithm.as_str()
    ));
    Ok(())
}

/// Of an installation that has keys: listing makes none.
fn open(settings: &Settings) -> Result<Keys, Problem> {
    if !settings.keys_dir.is_dir() {
        let folder = settings.keys_dir.display();
        return Err(Problem::Found(format!(
            "there is no keys folder {folder}: set TONGYAO_KEYS_DIR or TONGYAO_DATA_DIR, or start the service once"
        )));
    }
    Ok(Keys::open(&settings.keys_dir, SystemClock.now(), &System::default())?)
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Next => "next",
        Stage::Current => "current",
        Stage::Retired => "retired",
    }
}
