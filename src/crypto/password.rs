//! Password hashing: argon2id on a bounded pool of its own, so that a storm of sign-ins never starves the rest.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::oneshot;

use crate::base::random::Random;
use crate::base::{Fault, Secret};

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// The pool; cheap to clone. Its threads end with the last clone.
#[derive(Clone)]
pub struct PasswordPool {
    queue: SyncSender<Job>,
    cost: Cost,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum HashProblem {
    /// The waiting room is full: try again after this many seconds.
    Busy {
        retry_after: u64,
    },
    Fault(Fault),
}

/// For commands, which ask one after the other.
impl From<HashProblem> for Fault {
    fn from(problem: HashProblem) -> Self {
        match problem {
            HashProblem::Busy { .. } => Fault::unavailable("the password pool is busy; try again shortly"),
            HashProblem::Fault(fault) => fault,
        }
    }
}

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Outcome, Fault>>,
}

enum Work {
    Hash { password: Secret, salt: [u8; SALT], cost: Cost },
    Verify { password: Secret, stored: Stored },
}

enum Outcome {
    Hash(String),
    Matches(bool),
}

/// A hash in parts: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone)]
struct Stored {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

const SALT: usize = 16;
const LENGTH: usize = 32;
/// About two seconds of waiting at 30 ms a hash on one core; who comes later is told to come again.
const WAITING_A_THREAD: usize = 64;
/// How much nicer than the rest the hashing threads are: whoever else wants the processor gets about nine tenths of it.
const NICER: i32 = 10;

impl PasswordPool {
    /// `threads` hash at a time; the memory of each is kept and used again.
    pub fn start(threads: usize, cost: Cost) -> Result<Self, Fault> {
        let (queue, jobs) = sync_channel(threads * WAITING_A_THREAD);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let jobs = jobs.clone();
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work_off(&jobs))
                .map_err(|error| Fault::broken("starting the password pool").because(error))?;
        }
        Ok(Self { queue, cost })
    }

    /// A new hash in PHC form.
    pub async fn hash(&self, random: &dyn Random, password: Secret) -> Result<String, HashProblem> {
        let mut salt = [0u8; SALT];
        random.fill(&mut salt);
        match self.ask(Work::Hash { password, salt, cost: self.cost }).await? {
            Outcome::Hash(hash) => Ok(hash),
            Outcome::Matches(_) => {
                Err(HashProblem::Fault(Fault::broken("the password pool mixed up its answers")))
            }
        }
    }

    /// Whether the password matches. Without a stored hash (no such account) the same work is done for nothing,
    /// so that the time tells nobody whether an account exists.
    pub async fn verify(&self, password: Secret, stored: Option<&str>) -> Result<bool, HashProblem> {
        let known =
            match stored {
                Some(text) => Some(Stored::parse(text).ok_or_else(|| {
                    HashProblem::Fault(Fault::broken("a stored password hash cannot be read"))
                })?),
                None => None,
            };
        let exists = known.is_some();
        let stored =
            known.unwrap_or_else(|| Stored { cost: self.cost, salt: vec![0; SALT], hash: vec![0; LENGTH] });
        match self.ask(Work::Verify { password, stored }).await? {
            Outcome::Matches(matches) => Ok(matches && exists),
            Outcome::Hash(_) => {
                Err(HashProblem::Fault(Fault::broken("the password pool mixed up its answers")))
            }
        }
    }

    async fn ask(&self, work: Work) -> Result<Outcome, HashProblem> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job { work, reply }).map_err(|error| match error {
            TrySendError::Full(_) => {
                metrics::counter!("tongyao_password_pool_refused_total").increment(1);
                HashProblem::Busy { retry_after: 2 }
            }
            TrySendError::Disconnected(_) => {
                HashProblem::Fault(Fault::broken("the password pool has stopped"))
            }
        })?;
        match answer.await {
            Ok(outcome) => outcome.map_err(HashProblem::Fault),
            Err(_) => Err(HashProblem::Fault(Fault::broken("the password pool dropped a job"))),
        }
    }
}

fn work_off(jobs: &Mutex<Receiver<Job>>) {
    // On Linux for this thread alone (nice(2)). Where it is refused the hashes are right all the same.
    let _ = rustix::process::nice(NICER);
    let mut memory = Vec::new();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Who asked has gone away: a hash for nobody would only make the others wait.
        if job.reply.is_closed() {
            continue;
        }
        let outcome = match job.work {
            Work::Hash { password, salt, cost } => derive(&mut memory, &password, &salt, cost)
                .map(|hash| Outcome::Hash(Stored { cost, salt: salt.to_vec(), hash: hash.to_vec() }.print())),
            Work::Verify { password, stored } => derive(&mut memory, &password, &stored.salt, stored.cost)
                .map(|hash| {
                    let same = aws_lc_rs::constant_time::verify_slices_are_equal(&hash, &stored.hash);
                    Outcome::Matches(same.is_ok())
                }),
        };
        let _ = job.reply.send(outcome);
    }
}

fn derive(
    memory: &mut Vec<Block>,
    password: &Secret,
    salt: &[u8],
    cost: Cost,
) -> Result<[u8; LENGTH], Fault> {
    let failed = |error: argon2::Error| Fault::broken("hashing a password").because(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(LENGTH)).map_err(failed)?;
    memory.resize(params.block_count().max(memory.len()), Block::default());
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0u8; LENGTH];
    argon
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut out, &mut *memory)
        .map_err(failed)?;
    Ok(out)
}

impl Stored {
    fn print(&self) -> String {
        let salt = STANDARD_NO_PAD.encode(&self.salt);
        let hash = STANDARD_NO_PAD.encode(&self.hash);
        format!("$argon2id$v=19$m={},t={},p=1${salt}${hash}", self.cost.memory_kib, self.cost.passes)
    }

    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$")?;
        let mut parts = rest.split('$');
        let mut memory_kib = None;
        let mut passes = None;
        for setting in parts.next()?.split(',') {
            match setting.split_once('=')? {
                ("m", value) => memory_kib = value.parse().ok(),
                ("t", value) => passes = value.parse().ok(),
                ("p", "1") => {}
                _ => return None,
            }
        }
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let whole = parts.next().is_none() && hash.len() == LENGTH;
        whole.then_some(Self { cost: Cost { memory_kib: memory_kib?, passes: passes? }, salt, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Seeded;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };

    #[tokio::test]
    async fn verifies_what_it_hashed_and_nothing_else() {
        let pool = PasswordPool::start(1, CHEAP).unwrap();
        let hash = pool.hash(&Seeded::new(1), Secret::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(pool.verify(Secret::new("correct horse"), Some(&hash)).await.unwrap());
        assert!(!pool.verify(Secret::new("correct house"), Some(&hash)).await.unwrap());
        assert!(!pool.verify(Secret::new("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_full_waiting_room_refuses_instead_of_piling_up() {
        let pool = PasswordPool::start(1, Cost { memory_kib: 8 * 1024, passes: 4 }).unwrap();
        let many = (0..WAITING_A_THREAD * 2).map(|_| pool.verify(Secret::new("x"), None));
        let answers = futures_util::future::join_all(many).await;
        assert!(answers.iter().any(|answer| matches!(answer, Err(HashProblem::Busy { .. }))));
        assert!(answers.iter().any(Result::is_ok));
    }

    #[tokio::test]
    async fn a_damaged_hash_is_a_fault_not_a_match() {
        let pool = PasswordPool::start(1, CHEAP).unwrap();
        for damaged in
            ["", "$argon2id$v=19$m=64,t=1,p=1$AAAA", "$2b$10$abc", "$argon2id$v=19$m=64,t=1,p=2$AA$AA"]
        {
            assert!(matches!(pool.verify(Secret::new("x"), Some(damaged)).await, Err(HashProblem::Fault(_))));
        }
    }
}
