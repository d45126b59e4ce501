//! Clients nobody here wrote, against the built service on a port of its own: each test runs one of them as a program.
//!
//! `tests/run interop` installs them (Debian's packages, the registries of Python and Node) and runs this.

mod provider;

use std::process::Command;

use provider::Provider;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/clients");

#[test]
fn openid_client() {
    node("openid_client.mjs", &[]);
}

#[test]
fn oauth4webapi_with_pushed_requests_and_dpop() {
    node("oauth4webapi.mjs", &[]);
}

#[test]
fn oauth4webapi_with_the_fapi_profile() {
    node("oauth4webapi.mjs", &[("CLIENT", "node-fapi2")]);
}

#[test]
fn oauth4webapi_with_message_signing_and_ciba() {
    node("oauth4webapi_signed.mjs", &[]);
}

#[test]
fn oidc_client_ts_in_chromium() {
    node("oidc_client_ts.mjs", &[]);
}

#[test]
fn authlib() {
    python("authlib_client.py", &[]);
}

#[test]
fn mod_auth_openidc() {
    python("apache_client.py", &[]);
}

/// Not a client, but what a department's developer makes of the guides: bash, curl and openssl.
#[test]
fn the_guides_as_their_readers_paste_them() {
    const ROOT: &str = env!("CARGO_MANIFEST_DIR");
    let (guides, sample) = (format!("{ROOT}/docs/guides"), format!("{ROOT}/src/cli/demo/sample.json"));
    let more = [("GUIDES", guides.as_str()), ("SAMPLE", &sample), ("PROGRAM", env!("CARGO_BIN_EXE_tongyao"))];
    python("guides.py", &more);
}

fn node(program: &str, more: &[(&str, &str)]) {
    run("node", program, more);
}

fn python(program: &str, more: &[(&str, &str)]) {
    let python = std::env::var("TONGYAO_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    run(&python, program, more);
}

/// A service of its own for each: a person signed out by one client is signed in at another.
fn run(interpreter: &str, program: &str, more: &[(&str, &str)]) {
    let provider = Provider::start();
    let key = std::fs::read_to_string(format!("{CLIENTS}/client-key.json")).unwrap();
    let done = Command::new(interpreter)
        .arg(format!("{CLIENTS}/{program}"))
        .current_dir(&provider.folder)
        .env("ISSUER", &provider.issuer)
        .env("PERSON", provider::LOGIN)
        .env("PASSWORD", provider::PASSWORD)
        .env("CLIENT_KEY", key.trim())
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SPA_PORT", provider.spa_port.to_string())
        .env("APACHE_PORT", provider.apache_port.to_string())
        .envs(more.iter().copied())
        .output()
        .unwrap_or_else(|error| panic!("{interpreter} cannot be started: {error}"));
    let (said, wrong) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{program} failed\n{said}\n{wrong}\n{}", provider.log_tail());
}
