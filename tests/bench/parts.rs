//! What the parts alone cost in this run on this machine: signatures, the password hash, rows written and read.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, UnparsedPublicKey,
};

use crate::plan::{self, Plan};
use crate::process;
use crate::stored::{self, Stored};

/// As long as an ID token's signing input.
const MESSAGE: [u8; 600] = [b'x'; 600];

/// One part: time on the clock and time of this process's processors, each once.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
}

pub struct Parts {
    /// By `alg`.
    pub signatures: Vec<(&'static str, Cost)>,
    /// ES256, with a key that comes with the message, as in a DPoP proof.
    pub verification: Cost,
    pub hash: Cost,
    /// Hashes per second on all cores together.
    pub hash_rate: f64,
    pub sqlite: Stored,
    pub postgres: Option<Stored>,
}

pub async fn measure(plan: &Plan) -> Result<Parts> {
    let lasting = plan.lasting.min(Duration::from_secs(2)) / 2;
    let (hash, hash_rate) = hash(lasting)?;
    let postgres = match plan::postgres_url() {
        Some(admin_url) => {
            Some(stored::on_postgres(&plan::fresh_database(&admin_url).await?, lasting).await?)
        }
        None => None,
    };
    Ok(Parts {
        signatures: signatures(lasting)?,
        verification: verification(lasting)?,
        hash,
        hash_rate,
        sqlite: stored::on_sqlite(lasting).await?,
        postgres,
    })
}

impl Parts {
    pub fn signature(&self, algorithm: &str) -> Option<Cost> {
        self.signatures.iter().find(|(name, _)| *name == algorithm).map(|(_, cost)| *cost)
    }
}

/// Repeats the step for a while; what one step costs.
fn repeated(lasting: Duration, mut step: impl FnMut() -> Result<()>) -> Result<Cost> {
    let (began, before) = (Instant::now(), process::cpu("self")?);
    let mut times = 0;
    while began.elapsed() < lasting {
        step()?;
        times += 1;
    }
    each(began.elapsed(), process::cpu("self")? - before, times)
}

/// The share of one of `times`.
pub fn each(wall: Duration, cpu: Duration, times: u32) -> Result<Cost> {
    ensure!(times > 0, "not even one within the time");
    Ok(Cost { wall: wall / times, cpu: cpu / times })
}

fn signatures(lasting: Duration) -> Result<Vec<(&'static str, Cost)>> {
    let random = SystemRandom::new();
    let failed = |_| anyhow!("signing failed");
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let ed = Ed25519KeyPair::generate()?;
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let with_rsa = |padding: &'static dyn RsaEncoding| {
        let mut signature = vec![0; rsa.public_modulus_len()];
        repeated(lasting, || rsa.sign(padding, &random, &MESSAGE, &mut signature).map_err(failed))
    };
    Ok(vec![
        ("ES256", repeated(lasting, || ec.sign(&random, &MESSAGE).map(drop).map_err(failed))?),
        ("EdDSA", repeated(lasting, || ed.try_sign(&MESSAGE).map(drop).map_err(failed))?),
        ("RS256", with_rsa(&RSA_PKCS1_SHA256)?),
        ("PS256", with_rsa(&RSA_PSS_SHA256)?),
    ])
}

fn verification(lasting: Duration) -> Result<Cost> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let signature = pair.sign(&SystemRandom::new(), &MESSAGE).map_err(|_| anyhow!("signing failed"))?;
    let point = pair.public_key().as_ref();
    repeated(lasting, || {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(&MESSAGE, signature.as_ref()).map_err(|_| anyhow!("verifying failed"))
    })
}

/// argon2id, 19 MiB, two passes, one lane: the service's defaults. Memory is used again, as the service does.
fn hash(lasting: Duration) -> Result<(Cost, f64)> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| anyhow!("{error}"))?;
    let run = move || {
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut memory = vec![Block::default(); params.block_count()];
        let mut out = [0; 32];
        repeated(lasting * 2, || {
            let hashed = hasher.hash_password_into_with_memory(
                b"Quiet-Harbour-0000",
                b"0123456789abcdef",
                &mut out,
                &mut memory,
            );
            hashed.map_err(|error| anyhow!("{error}"))
        })
    };
    let alone = run()?;
    let threads: Vec<_> =
        (0..thread::available_parallelism()?.get()).map(|_| thread::spawn(run.clone())).collect();
    let mut rate = 0.0;
    for thread in threads {
        rate += 1.0 / thread.join().map_err(|_| anyhow!("a hashing thread failed"))??.wall.as_secs_f64();
    }
    Ok((alone, rate))
}
