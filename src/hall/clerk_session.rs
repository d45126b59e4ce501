//! A clerk's own session: signing in, choosing a window, locked after five idle minutes, over after twelve hours.

use std::time::Duration;

use super::clerk::{self, Clerk};
use super::outcome::Answer;
use super::role::Role;
use super::window;
use crate::audit::{self, Event};
use crate::base::id::{StaffId, StaffSessionId};
use crate::base::{Actor, Fault, Moment, Secret, Timestamp};
use crate::crypto::password::{HashProblem, PasswordPool};
use crate::crypto::{Keys, mac};
use crate::sql;
use crate::storage::ephemeral::Counter;
use crate::storage::{Db, Ephemeral, Limit, Run, Statement, Tx, record};

/// What signing in needs.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    pub db: &'a Db,
    pub keys: &'a Keys,
    pub ephemeral: &'a Ephemeral,
    pub passwords: &'a PasswordPool,
}

/// A session that has just begun; `secret` goes into the cookie and is known nowhere else.
#[derive(Debug)]
pub struct SignedIn {
    pub session: StaffSessionId,
    pub secret: Secret,
    pub clerk: Clerk,
    pub expires_at: Timestamp,
}

/// Why nobody was signed in. The same whether or not such staff exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRefusal {
    Wrong,
    /// Too many wrong passwords; for so many minutes more.
    Locked {
        minutes: u64,
    },
    /// The right password of somebody who works at no window.
    NotAtAWindow,
    /// Come again in so many seconds.
    Busy {
        retry_after: u64,
    },
}

/// A living session.
#[derive(Debug, Clone)]
pub struct ClerkSession {
    pub id: StaffSessionId,
    pub clerk: Clerk,
    pub window: Option<String>,
    pub expires_at: Timestamp,
}

/// A clerk at a window: who acts in every step of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub clerk: StaffId,
    pub hall: String,
    pub window: String,
}

/// What a cookie stands for.
#[derive(Debug)]
pub enum Presence {
    Here(ClerkSession),
    /// Five minutes without a hand on the machine: whoever it was is signed out just now.
    Idle(StaffId),
    /// The session of whoever it was has ended.
    Over(StaffId),
    /// No session.
    Absent,
}

/// What brought the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// A person's act keeps the session awake.
    Act,
    /// A page that asks again by itself does not.
    Poll,
}

/// The window is not one of the hall's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchWindow;

record! {
    struct Row {
        id: String,
        staff_id: String,
        window_name: Option<String>,
        seen_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        name: Vec<u8>,
        roles: String,
        hall_id: Option<String>,
    }
}

pub const IDLE: Duration = Duration::from_secs(5 * 60);
pub const LIFETIME: Duration = Duration::from_secs(12 * 3600);
const LOCK: Duration = Duration::from_secs(10 * 60);
/// A wrong password is counted in its own window of that length and in the next.
const COUNTED: Duration = Duration::from_secs(2 * 10 * 60);
const WRONG_A_LOGIN: u64 = 5;
/// One address serves a whole hall, so it may fail more often than one clerk.
const WRONG_A_PLACE: Limit = Limit { name: "staff-wrong", most: 50, within: LOCK };
/// Not every click has to write; the lock comes at most this much early.
const TOUCH_AGAIN: Duration = Duration::from_secs(15);
/// No password is longer; hashing a megabyte would be work for nothing.
const LONGEST_PASSWORD: usize = 1024;

/// Signs a clerk in with login and password. Failures are counted, successes never.
pub async fn sign_in(
    door: Door<'_>,
    moment: &Moment,
    typed_login: &str,
    password: Secret,
) -> Result<Answer<SignedIn, SignInRefusal>, Fault> {
    let login = clerk::login(typed_login);
    let lock = Lock::look(door, moment, &login).await?;
    // The wrong ones that earned the lock are on record. What it keeps out is not: anybody could send that for ever.
    if let Some(locked) = lock.holds(door.ephemeral, moment, lock.last).await? {
        return Ok(Answer::Refused(locked));
    }
    let known = clerk::find_by_login(&mut door.db.read(), door.keys, &login).await?;
    let id = known.as_ref().map(|known| known.clerk.id.clone());
    let hash = known.as_ref().and_then(|known| known.password_hash.as_deref());
    let right = match matches(door.passwords, password, hash).await {
        Ok(right) => right,
        Err(HashProblem::Busy { retry_after }) => {
            return Ok(Answer::Refused(SignInRefusal::Busy { retry_after }));
        }
        Err(HashProblem::Fault(fault)) => return Err(fault),
    };
    // Guesses sent all at once pass the first look together. The lock they earned holds for the right one too, and tells
    // it from none that came as late.
    let last = Lock::last(door.ephemeral, &lock.login).await?;
    if let Some(locked) = lock.holds(door.ephemeral, moment, last).await? {
        return Ok(Answer::Refused(locked));
    }
    if let Some(locked) = lock.count(door.ephemeral, moment, if right { 0 } else { 1 }).await? {
        return refuse(door.db, moment, id.as_ref(), locked).await;
    }
    if !right {
        return refuse(door.db, moment, id.as_ref(), SignInRefusal::Wrong).await;
    }
    match known {
        Some(known) if known.clerk.is(Role::Clerk) && known.clerk.hall.is_some() => {
            begin(door.db, moment, known.clerk).await.map(Answer::Done)
        }
        _ => refuse(door.db, moment, id.as_ref(), SignInRefusal::NotAtAWindow).await,
    }
}

/// The session a cookie's secret stands for.
pub async fn resume(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (secret, touch): (&Secret, Touch),
) -> Result<Presence, Fault> {
    let row: Option<Row> = db
        .read()
        .optional(sql!(
            "SELECT staff_session.id, staff_session.staff_id, staff_session.window_name, staff_session.seen_at,
                    staff_session.expires_at, staff_session.ended_at, staff.name, staff.roles, staff.hall_id
             FROM staff_session JOIN staff ON staff.id = staff_session.staff_id AND staff.disabled_at IS NULL
             WHERE staff_session.secret_digest = $1",
            mac::digest(secret.expose()),
        ))
        .await?;
    let Some(row) = row else { return Ok(Presence::Absent) };
    let session = row.session(keys)?;
    if row.ended_at.is_some() {
        return Ok(Presence::Over(session.clerk.id));
    }
    if moment.now >= session.expires_at {
        end(db, moment, &session, "expired").await?;
        return Ok(Presence::Over(session.clerk.id));
    }
    let idle = moment.now.since(Timestamp::from_micros(row.seen_at));
    if idle >= IDLE {
        end(db, moment, &session, "idle").await?;
        return Ok(Presence::Idle(session.clerk.id));
    }
    if touch == Touch::Act && idle >= TOUCH_AGAIN {
        let mut tx = db.begin().await?;
        tx.execute(sql!(
            "UPDATE staff_session SET seen_at = $2 WHERE id = $1",
            session.id.as_str(),
            moment.now
        ))
        .await?;
        tx.commit().await?;
    }
    Ok(Presence::Here(session))
}

/// Sits down at a window of the clerk's hall.
pub async fn choose_window(
    db: &Db,
    moment: &Moment,
    session: &ClerkSession,
    name: &str,
) -> Result<Answer<Desk, NoSuchWindow>, Fault> {
    let Some(hall) = session.clerk.hall.as_deref() else { return Ok(Answer::Refused(NoSuchWindow)) };
    let mut tx = db.begin().await?;
    let there = window::find(&mut tx, hall).await?.is_some_and(|hall| hall.windows.iter().any(|w| w == name));
    if !there {
        return Ok(Answer::Refused(NoSuchWindow));
    }
    tx.execute(sql!(
        "UPDATE staff_session SET window_name = $2 WHERE id = $1 AND ended_at IS NULL",
        session.id.as_str(),
        name,
    ))
    .await?;
    let event = Event::WindowChosen { staff: &session.clerk.id, hall, window: name };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(Answer::Done(Desk { clerk: session.clerk.id.clone(), hall: hall.to_owned(), window: name.to_owned() }))
}

/// The windows of a hall at which somebody works now.
pub async fn windows_in_use(db: &Db, moment: &Moment, hall: &str) -> Result<Vec<String>, Fault> {
    let rows: Vec<(String,)> = db
        .read()
        .all(sql!(
            "SELECT DISTINCT staff_session.window_name FROM staff_session JOIN staff ON staff.id = staff_session.staff_id
             WHERE staff.hall_id = $1 AND staff_session.window_name IS NOT NULL AND staff_session.ended_at IS NULL
               AND staff_session.seen_at > $2 AND staff_session.expires_at > $3
             ORDER BY staff_session.window_name",
            hall,
            moment.now - IDLE,
            moment.now,
        ))
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

pub async fn sign_out(db: &Db, moment: &Moment, session: &ClerkSession) -> Result<(), Fault> {
    end(db, moment, session, "signed_out").await
}

/// Removes sessions that ended before, the oldest first. What a clerk did is in the audit; the session is only a key to the
/// desk.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM staff_session WHERE id IN (
             SELECT id FROM staff_session WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)",
        before,
        most,
    )]
}

impl ClerkSession {
    /// The window the clerk sits at, once chosen.
    pub fn desk(&self) -> Option<Desk> {
        self.clerk.is(Role::Clerk).then_some(())?;
        Some(Desk {
            clerk: self.clerk.id.clone(),
            hall: self.clerk.hall.clone()?,
            window: self.window.clone()?,
        })
    }
}

impl SignInRefusal {
    pub const fn word(self) -> &'static str {
        match self {
            SignInRefusal::Wrong => "wrong",
            SignInRefusal::Locked { .. } => "locked",
            SignInRefusal::NotAtAWindow => "not_at_a_window",
            SignInRefusal::Busy { .. } => "busy",
        }
    }
}

async fn matches(pool: &PasswordPool, password: Secret, hash: Option<&str>) -> Result<bool, HashProblem> {
    if password.expose().len() > LONGEST_PASSWORD {
        return pool.verify(Secret::new(""), None).await;
    }
    pool.verify(password, hash).await
}

async fn begin(db: &Db, moment: &Moment, clerk: Clerk) -> Result<SignedIn, Fault> {
    let moment = moment.by(Actor::Staff(clerk.id.clone()));
    let session = StaffSessionId::new(&moment);
    let secret = Secret::new(moment.random.token(32));
    let expires_at = moment.now + LIFETIME;
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "INSERT INTO staff_session (id, secret_digest, staff_id, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5)",
        session.as_str(),
        mac::digest(secret.expose()),
        clerk.id.as_str(),
        moment.now,
        expires_at,
    ))
    .await?;
    audit::record(&mut tx, &moment, Event::StaffSignedIn { staff: &clerk.id }).await?;
    tx.commit().await?;
    Ok(SignedIn { session, secret, clerk, expires_at })
}

async fn refuse(
    db: &Db,
    moment: &Moment,
    staff: Option<&StaffId>,
    refusal: SignInRefusal,
) -> Result<Answer<SignedIn, SignInRefusal>, Fault> {
    let mut tx = db.begin().await?;
    audit::record(&mut tx, moment, Event::StaffSignInFailed { staff, reason: refusal.word() }).await?;
    tx.commit().await?;
    Ok(Answer::Refused(refusal))
}

async fn end(db: &Db, moment: &Moment, session: &ClerkSession, reason: &str) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    if end_once(&mut tx, moment, &session.id).await? {
        let event = Event::StaffSignedOut { staff: &session.clerk.id, reason };
        audit::record(&mut tx, moment, event).await?;
    }
    tx.commit().await
}

async fn end_once(tx: &mut Tx, moment: &Moment, id: &StaffSessionId) -> Result<bool, Fault> {
    let ended = tx
        .execute(sql!(
            "UPDATE staff_session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
            id.as_str(),
            moment.now,
        ))
        .await?;
    Ok(ended == 1)
}

/// What holds against wrong passwords, for a login and for a place.
///
/// A login's are counted by clock window, this one and the last together, so that a counter's life never depends on another
/// clock. Its lock is a value of its own that names its end. After a lock the count begins anew, under the name of that
/// lock: one slip must not lock for ten minutes more, and a guess that set out before it is counted with those that earned it.
struct Lock {
    login: String,
    place: String,
    window: i64,
    /// The end of the newest lock, in effect or over, as the try found it when it set out.
    last: Option<Timestamp>,
}

impl Lock {
    async fn look(door: Door<'_>, moment: &Moment, login: &str) -> Result<Self, Fault> {
        let window = moment.now.seconds().div_euclid(i64::try_from(LOCK.as_secs()).unwrap_or(600));
        let login = door.keys.fingerprint.of("staff_login", login);
        Ok(Self {
            last: Self::last(door.ephemeral, &login).await?,
            login,
            place: door.keys.fingerprint.of("address", &moment.place().to_string()),
            window,
        })
    }

    /// The end of the login's newest lock; known as long as what was counted before it.
    async fn last(ephemeral: &Ephemeral, login: &str) -> Result<Option<Timestamp>, Fault> {
        let until = ephemeral.get(&lock_key(login)).await?;
        Ok(until.and_then(|until| until.parse().ok()).map(Timestamp::from_micros))
    }

    /// The refusal, while this lock holds, or that of the place.
    async fn holds(
        &self,
        ephemeral: &Ephemeral,
        moment: &Moment,
        last: Option<Timestamp>,
    ) -> Result<Option<SignInRefusal>, Fault> {
        let left = last.map(|until| until.since(moment.now)).unwrap_or_default();
        let seconds = if left.is_zero() {
            WRONG_A_PLACE.wait(ephemeral, moment.now, &self.place).await?
        } else {
            Some(left.as_secs())
        };
        Ok(seconds.map(locked))
    }

    /// Counts so many wrong passwords, none for a right one, by the same write: where nothing can be counted neither is told.
    /// The refusal, where enough were counted before: those in flight have passed every look together.
    async fn count(
        &self,
        ephemeral: &Ephemeral,
        moment: &Moment,
        wrong: u64,
    ) -> Result<Option<SignInRefusal>, Fault> {
        let (now, before) = (self.counter(self.window), self.counter(self.window - 1));
        let login = |key: &str, add| Counter { key: key.to_owned(), add, most: u64::MAX, lifetime: COUNTED };
        let mut place = WRONG_A_PLACE.counter(moment.now, &self.place, wrong);
        place.most = u64::MAX;
        let counts = ephemeral.count_below(&[login(&now, wrong), login(&before, 0), place]).await?;
        let counted: u64 = counts.iter().take(2).sum();
        if counted + wrong >= WRONG_A_LOGIN {
            let until = (moment.now + LOCK).micros().to_string();
            ephemeral.put(&lock_key(&self.login), &until, LOCK + COUNTED).await?;
        }
        if counted >= WRONG_A_LOGIN {
            return Ok(Some(locked(LOCK.as_secs())));
        }
        let of_place = counts.get(2).and_then(|count| WRONG_A_PLACE.reached(moment.now, *count));
        Ok(of_place.map(locked))
    }

    fn counter(&self, window: i64) -> String {
        let last = self.last.map_or(0, Timestamp::micros);
        format!("staff-wrong:{}:{last}:{window}", self.login)
    }
}

fn lock_key(login: &str) -> String {
    format!("staff-locked:{login}")
}

fn locked(seconds: u64) -> SignInRefusal {
    SignInRefusal::Locked { minutes: seconds.div_ceil(60).max(1) }
}

impl Row {
    fn session(&self, keys: &Keys) -> Result<ClerkSession, Fault> {
        Ok(ClerkSession {
            id: self.id.parse().map_err(|_| Fault::inconsistent("staff_session", &self.id, "not an id"))?,
            clerk: clerk::open(keys, &self.staff_id, &self.name, &self.roles, self.hall_id.clone())?,
            window: self.window_name.clone(),
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::random::Seeded;
    use crate::base::time::ManualClock;
    use crate::storage::Tally;

    const LOCKED: Option<SignInRefusal> = Some(SignInRefusal::Locked { minutes: 10 });

    fn house() -> (Ephemeral, Moment) {
        let now = Timestamp::from_seconds(1200);
        let ephemeral = Ephemeral::in_process(Arc::new(ManualClock::at(now)), Arc::new(Tally::default()));
        (ephemeral, Moment::of_system(now, Arc::new(Seeded::new(1))))
    }

    fn lock(login: &str, last: Option<Timestamp>) -> Lock {
        Lock { login: login.to_owned(), place: "here".to_owned(), window: 2, last }
    }

    #[tokio::test]
    async fn who_set_out_before_the_lock_is_counted_with_those_that_earned_it() {
        let (ephemeral, moment) = house();
        // All of them have passed both looks.
        let early = lock("clerk1", None);
        for _ in 0..WRONG_A_LOGIN {
            assert_eq!(early.count(&ephemeral, &moment, 1).await.unwrap(), None);
        }
        for wrong in [1, 0, 1] {
            assert_eq!(early.count(&ephemeral, &moment, wrong).await.unwrap(), LOCKED, "{wrong}");
        }
        let last = Lock::last(&ephemeral, "clerk1").await.unwrap();
        let after = lock("clerk1", last);
        assert_eq!(after.holds(&ephemeral, &moment, last).await.unwrap(), LOCKED);
        // Once it is over.
        assert_eq!(after.count(&ephemeral, &moment, 1).await.unwrap(), None);
        assert_eq!(after.count(&ephemeral, &moment, 0).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_place_that_has_failed_enough_is_told_nothing_more() {
        let (ephemeral, moment) = house();
        for number in 0..WRONG_A_PLACE.most {
            let early = lock(&number.to_string(), None);
            assert_eq!(early.count(&ephemeral, &moment, 1).await.unwrap(), None);
        }
        for wrong in [0, 1] {
            assert_eq!(lock("last", None).count(&ephemeral, &moment, wrong).await.unwrap(), LOCKED);
        }
    }
}
