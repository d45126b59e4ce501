//! A caller on the line: the code read out, when the service may be asked again, and what came of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::person::Person;
use crate::base::random::Random;
use crate::base::{Locale, Secret, Timestamp};

/// Why somebody calls. Chosen from a list: a free text would sooner or later hold personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    Card,
    Progress,
    Contact,
}

/// One question to the identity service and its answer; what was typed to find the person is not kept.
pub struct Call {
    /// The form it was asked with; each form asks once.
    pub form: String,
    pub code: String,
    pub matter: Matter,
    pub asked_at: Timestamp,
    pub stage: Stage,
}

pub enum Stage {
    Waiting(Waiting),
    /// The caller said yes and is this person.
    Known(Box<Person>),
    Over(Ending),
}

/// How a call ends without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Denied,
    Expired,
    /// The level of the caller does not suffice.
    LevelUnmet,
    Rejected(Rejection),
    /// The caller answered, and then the service could not be reached.
    Lost,
}

/// What no caller can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// By the service, in its words.
    Refused { error: String, description: Option<String> },
    /// Something that came back is not what it must be; the text says which check.
    Unsound(&'static str),
}

/// A question that is open.
pub struct Waiting {
    pub auth_req_id: Secret,
    pub until: Timestamp,
    pub pace: Pace,
}

/// When the token endpoint may be asked again (CIBA Core 1.0 §7.3, §11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    interval: Duration,
    unanswered: u32,
    next: Timestamp,
}

/// What an attempt to ask brought, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Pending,
    SlowDown,
    Nothing,
}

/// Calls by the browser at whose desk they came, in memory alone.
pub struct Calls {
    lines: Mutex<HashMap<String, Entry>>,
}

/// The line of one desk. Held while the service is asked, so that two tabs do not ask twice.
pub type Line = Arc<tokio::sync::Mutex<Option<Call>>>;

struct Entry {
    at: Timestamp,
    line: Line,
}

impl Matter {
    pub const ALL: [Matter; 3] = [Matter::Card, Matter::Progress, Matter::Contact];

    /// In the form.
    pub fn word(self) -> &'static str {
        match self {
            Matter::Card => "card",
            Matter::Progress => "progress",
            Matter::Contact => "contact",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.word() == word)
    }

    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            Matter::Card => locale.pick("社会保障卡补办", "Replacing a social security card"),
            Matter::Progress => locale.pick("查询本人工单进度", "Progress of one's own request"),
            Matter::Contact => locale.pick("更改联系方式", "Changing contact details"),
        }
    }
}

impl Call {
    /// Shown to the caller beside the name of the hotline (CIBA Core 1.0 §7.1, `binding_message`).
    pub fn binding_message(code: &str, matter: Matter, locale: Locale) -> String {
        format!("{code} {}", matter.name(locale))
    }
}

/// `12345-7K2M`: without letters and digits that are taken for one another.
pub fn code(random: &dyn Random) -> String {
    const LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    let mut code = String::from("12345-");
    while code.len() < 10 {
        let mut byte = [0u8; 1];
        random.fill(&mut byte);
        // 248 is the largest multiple of 31 in a byte: above it some letters would come more often.
        if byte[0] < 248 {
            code.push(char::from(LETTERS[usize::from(byte[0] % 31)]));
        }
    }
    code
}

impl Pace {
    pub fn new(now: Timestamp, interval: Duration) -> Self {
        Self { interval, unanswered: 0, next: now + interval }
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        now >= self.next
    }

    /// CIBA Core 1.0 §11: `slow_down` adds five seconds to this and all later intervals. RFC 8628 §3.5: who gets no
    /// answer at all asks ever more seldom.
    pub fn note(&mut self, now: Timestamp, heard: Heard) {
        match heard {
            Heard::Pending => self.unanswered = 0,
            Heard::SlowDown => {
                self.unanswered = 0;
                self.interval += SLOWER_BY;
            }
            Heard::Nothing => self.unanswered += 1,
        }
        let wait = self.interval.saturating_mul(1 << self.unanswered.min(MOST_DOUBLINGS));
        self.next = now + wait.min(self.interval.max(LONGEST_WAIT));
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether the last attempt brought no answer.
    pub fn is_unanswered(&self) -> bool {
        self.unanswered > 0
    }

    /// Whole seconds until the next attempt, rounded up; at least one.
    pub fn seconds_left(&self, now: Timestamp) -> u64 {
        seconds_up(self.next.since(now)).max(1)
    }
}

/// Whole seconds, rounded up: who comes back then is not too early.
pub fn seconds_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

const SLOWER_BY: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const MOST_DOUBLINGS: u32 = 6;

impl Calls {
    /// A person is forgotten this long after the question, also where nobody ends the call.
    pub const KEPT: Duration = Duration::from_secs(1800);

    /// Above this the oldest call is forgotten.
    pub const MOST: usize = 1_000;

    pub fn new() -> Self {
        Self { lines: Mutex::default() }
    }

    pub fn find(&self, now: Timestamp, browser: &str) -> Option<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|_, entry| now.since(entry.at) < Self::KEPT);
        lines.get(browser).map(|entry| entry.line.clone())
    }

    /// The line of this browser's desk for a new question.
    pub fn open(&self, now: Timestamp, browser: &str) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= Self::MOST && !lines.contains_key(browser) {
            let oldest = lines.iter().min_by_key(|(_, entry)| entry.at).map(|(browser, _)| browser.clone());
            oldest.and_then(|browser| lines.remove(&browser));
        }
        let entry =
            lines.entry(browser.to_owned()).or_insert_with(|| Entry { at: now, line: Line::default() });
        entry.at = now;
        entry.line.clone()
    }

    /// Forgets the call and whoever it made known.
    pub fn close(&self, browser: &str) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).remove(browser);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Seeded;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const FIVE: Duration = Duration::from_secs(5);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    #[test]
    fn nobody_is_asked_before_the_interval_is_over() {
        let mut pace = Pace::new(START, FIVE);
        assert!(!pace.is_due(START) && !pace.is_due(after(4)) && pace.is_due(after(5)));
        pace.note(after(7), Heard::Pending);
        assert!(!pace.is_due(after(11)) && pace.is_due(after(12)), "counted from the last question");
    }

    #[test]
    fn slow_down_lengthens_this_and_every_later_interval() {
        let mut pace = Pace::new(START, FIVE);
        pace.note(START, Heard::SlowDown);
        assert!(!pace.is_due(after(9)) && pace.is_due(after(10)));
        pace.note(START, Heard::SlowDown);
        assert!(!pace.is_due(after(14)) && pace.is_due(after(15)));
        pace.note(START, Heard::Pending);
        assert!(!pace.is_due(after(14)) && pace.is_due(after(15)), "an answer does not make it shorter");
    }

    #[test]
    fn who_gets_no_answer_asks_ever_more_seldom_until_one_comes() {
        let mut pace = Pace::new(START, FIVE);
        for wait in [10, 20, 40, 60, 60, 60, 60, 60] {
            pace.note(START, Heard::Nothing);
            assert_eq!(pace.seconds_left(START), wait);
            assert!(pace.is_unanswered());
        }
        pace.note(START, Heard::Pending);
        assert_eq!(pace.seconds_left(START), 5);
        let mut slow = Pace::new(START, Duration::from_secs(90));
        slow.note(START, Heard::Nothing);
        assert_eq!(slow.seconds_left(START), 90, "an interval is never shortened");
    }

    #[test]
    fn the_page_comes_back_when_it_is_due_and_not_before() {
        let pace = Pace::new(START, FIVE);
        assert_eq!(pace.seconds_left(START + Duration::from_millis(1)), 5);
        assert_eq!(pace.seconds_left(after(4)), 1);
        assert_eq!(pace.seconds_left(after(9)), 1);
    }

    #[test]
    fn a_code_can_be_read_out() {
        let random = Seeded::new(7);
        for _ in 0..200 {
            let code = code(&random);
            let (_, letters) = code.split_once("12345-").unwrap();
            assert!(letters.len() == 4 && !letters.contains(['0', 'O', '1', 'I', 'L']), "{code}");
        }
        let said = Call::binding_message("12345-7K2M", Matter::Card, Locale::ZhCn);
        assert_eq!(said, "12345-7K2M 社会保障卡补办");
        let fits = |locale| Matter::ALL.iter().all(|matter| matter.name(locale).chars().count() <= 80);
        assert!(fits(Locale::ZhCn) && fits(Locale::En), "100 characters with the code");
    }

    #[tokio::test]
    async fn a_call_belongs_to_its_desk_and_is_forgotten_in_time() {
        let calls = Calls::new();
        assert!(calls.find(START, "mine").is_none());
        let line = calls.open(START, "mine");
        assert!(Arc::ptr_eq(&line, &calls.open(START, "mine")));
        assert!(calls.find(START, "another").is_none());
        assert!(calls.find(START + Calls::KEPT, "mine").is_none());
        calls.open(START, "mine");
        calls.close("mine");
        assert!(calls.find(START, "mine").is_none());
        for n in 0..=Calls::MOST {
            calls.open(START + Duration::from_millis(n as u64), &n.to_string());
        }
        assert!(calls.find(START, "0").is_none() && calls.find(START, "1").is_some());
    }
}
