//! `keys`: the keys that sign and decrypt, listed and rotated. Running services take a rotation over within a minute.

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::base::time::{Clock, SystemClock};
use crate::config::Settings;
use crate::crypto::folder::KeysFolder;
use crate::crypto::jwe::Decrypter;
use crate::crypto::keys::KeyName;
use crate::crypto::keystore::{Kept, KeySet, KeyStore, KeyStoreProblem, Occasion, Rotated, Stage};
use crate::crypto::signer::Signer;
use crate::jobs::signing_keys;

pub fn list(settings: &Settings) -> Result<(), Problem> {
    there_are_keys(settings)?;
    let (folder, now) =
        (KeysFolder::open(&settings.keys_dir).map_err(KeyStoreProblem::from)?, SystemClock.now());
    print_all("sig", &KeyStore::<Signer>::open(folder.clone(), now)?.view())?;
    print_all("enc", &KeyStore::<Decrypter>::open(folder, now)?.view())
}

/// With its row in the audit log, which is why the database must be there.
pub async fn rotate(settings: Settings, name: KeyName, occasion: Occasion) -> Result<(), Problem> {
    let place = Place::open(settings).await?;
    // A rotation begins with the next key: there must be one.
    place.app.keys.complete(place.app.clock.now())?;
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
            ))
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

fn print_all<K: Kept>(used: &str, keys: &KeySet<K>) -> Result<(), Problem> {
    for key in keys.keys() {
        let (algorithm, stage) = (key.key.algorithm().to_string(), word(key.stage));
        print::line(&format!("{used} {algorithm:<14} {stage:<8} {} {}", key.since, key.key.kid()))?;
    }
    Ok(())
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
