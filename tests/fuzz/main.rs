//! The fuzz targets without a fuzzer: every seed, everything that once was a crash, and some thousand mutations of both,
//! the same in each run. `fuzz/run` goes further; docs/FUZZING.md says how.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

mod mutate;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mutate::Mutator;

/// As many as take a second or two in an unoptimised build.
const MUTATIONS: usize = 2000;

macro_rules! targets {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name),)*];

        $(
            #[test]
            fn $name() {
                replay(stringify!($name), targets::$name::run, targets::$name::PLACES);
            }
        )*
    };
}

targets! {
    addresses authorize certificates claims client_auth codes declared_state details dpop fetched headers json jwe jwt
    numbers redirect_uris registration request_objects token_requests
}

/// A target that is not listed everywhere is run nowhere.
#[test]
fn every_target_is_known_to_the_fuzzer_too() {
    let names: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    for folder in ["targets", "seeds", "dictionaries"] {
        let found: BTreeSet<String> = paths(&fuzz().join(folder)).iter().map(|path| stem(path)).collect();
        assert_eq!(found, names, "fuzz/{folder}");
    }
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in NAMES {
        assert!(
            manifest.contains(&format!("path = \"targets/{name}.rs\"")),
            "{name} is not in fuzz/Cargo.toml"
        );
    }
}

fn replay(name: &str, run: fn(&[u8]), places: &[&str]) {
    let seeds = inputs(&fuzz().join("seeds").join(name));
    assert!(!seeds.is_empty(), "fuzz/seeds/{name} has no seed");
    let known: Vec<Vec<u8>> =
        seeds.into_iter().chain(inputs(&fuzz().join("regressions").join(name))).collect();
    known.iter().for_each(|input| run(input));
    // Seeds that are all refused at the door would hold nothing.
    let reached = targets::places_reached();
    assert!(places.iter().all(|place| reached.contains(place)), "{name} reached no more than {reached:?}");
    let dictionary = mutate::dictionary(&fuzz().join("dictionaries").join(format!("{name}.dict")));
    let mut mutator = Mutator::new(name, &known, &dictionary);
    for _ in 0..MUTATIONS {
        let input = mutator.next();
        // What fails is printed, so that it can become a regression.
        let shown = Shown(&input);
        run(&input);
        std::mem::forget(shown);
    }
}

/// Prints an input when the run over it panics.
struct Shown<'i>(&'i [u8]);

impl Drop for Shown<'_> {
    #[allow(clippy::print_stderr)]
    fn drop(&mut self) {
        eprintln!("the input was: {:?}", String::from_utf8_lossy(self.0));
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn inputs(folder: &Path) -> Vec<Vec<u8>> {
    paths(folder).iter().map(|path| fs::read(path).unwrap()).collect()
}

/// In the order of their names, so that every run is the same; none where there is no folder.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
