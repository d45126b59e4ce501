//! `keys`: the keys that sign and decrypt, listed and rotated. Running services take a rotation over within a minute.

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::base::random::System;
use crate::base::time::{Clock, SystemClock};
use crate::config::Settings;
use crate::crypto::Keys;
use crate::crypto::keys::KeyName;
use crate::crypto::keystore::{Kept, KeySet, Occasion, Rotated, Stage};
use crate::jobs::signing_keys;

pub fn list(settings: &Settings) -> Result<(), Problem> {
    there_are_keys(settings)?;
    let keys = Keys::open(&settings.keys_dir, SystemClock.now(), &System::default())?;
    print_all("sig", &keys.signing.view());
    print_all("enc", &keys.decryption.view());
    Ok(())
}

/// With its row in the audit log, which is why the database must be there.
pub async fn rotate(settings: Settings, name: KeyName, occasion: Occasion) -> Result<(), Problem> {
    there_are_keys(&settings)?;
    let place = Place::open(settings).await?;
    let rotated = signing_keys::rotate(&place.app, name, occasion).await?;
    place.app.close().await;
    match rotated {
        Rotated::Done { kid } => {
            let use_of = match name {
                KeyName::Signing(_) => "signed",
                KeyName::Decryption(_) => "encrypted to us",
            };
            print::line(&format!(
                "{} is {use_of} with {kid} from now on; running services follow within a minute",
                name.as_str()
            ));
            Ok(())
        }
        Rotated::NotBefore(at) => Err(Problem::Found(format!(
            "the next {} key is not known to everyone yet: systems may keep our public keys for ten minutes. Rotate again \
             after {}, or use --force if the current key is no longer secret",
            name.as_str(),
            at.rfc3339()
        ))),
        Rotated::NotDue => Ok(()),
    }
}

fn print_all<K: Kept>(used: &str, keys: &KeySet<K>) {
    for key in keys.keys() {
        let (algorithm, stage) = (key.key.algorithm().to_string(), word(key.stage));
        print::line(&format!("{used} {algorithm:<14} {stage:<8} {} {}", key.since, key.key.kid()));
    }
}

/// Of an installation that has keys: listing makes none.
fn there_are_keys(settings: &Settings) -> Result<(), Problem> {
    if settings.keys_dir.is_dir() {
        return Ok(());
    }
    let folder = settings.keys_dir.display();
    Err(Problem::Found(format!(
        "there is no keys folder {folder}: set TONGYAO_KEYS_DIR or TONGYAO_DATA_DIR, or start the service once"
    )))
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Next => "next",
        Stage::Current => "current",
        Stage::Retired => "retired",
    }
}
