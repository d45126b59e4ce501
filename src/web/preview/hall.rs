//! The pages of the window, the receipt and the reader with lifelike contents.

use super::{Shot, sample_qr};
use crate::base::id::VisitId;
use crate::hall::decide::Reason;
use crate::identity::{Advisory, IdType};
use crate::web::chrome::Chrome;
use crate::web::form::{Choice, Field};
use crate::web::messages;
use crate::web::pages::hall::*;
use crate::web::pages::{ReaderPage, ReceiptPage, ReceiptState, SampleCard};

fn visit() -> VisitId {
    "vis_0193a1c2d3e4f5".parse().unwrap()
}

fn bar(chrome: &Chrome) -> DeskBar {
    DeskBar {
        hall: chrome.locale.pick("市民之家", "Citizens’ Home").into(),
        window: Some("A01".into()),
        clerk: chrome.locale.pick("赵敏", "Zhao Min").into(),
    }
}

fn person(chrome: &Chrome) -> String {
    chrome.locale.pick("*小明", "*Xiaoming").into()
}

pub(super) fn shots(chrome: &Chrome) -> Vec<Shot> {
    [entrance, desks, cards, compares, results, slips, others]
        .into_iter()
        .flat_map(|group| group(chrome))
        .collect()
}

fn entrance(chrome: &Chrome) -> Vec<Shot> {
    let sign_in = HallSignInPage { chrome: chrome.clone(), ..Default::default() };
    let problems = [
        ("wrong", HallSignInProblem::WrongLoginOrPassword),
        ("locked", HallSignInProblem::Locked { minutes: 10 }),
        ("idle", HallSignInProblem::Idle),
        ("over", HallSignInProblem::Over),
        ("kept", HallSignInProblem::OverAndKept),
        ("role", HallSignInProblem::NoRole),
        ("busy", HallSignInProblem::Busy),
        ("nothing", HallSignInProblem::NothingTyped),
        ("nologin", HallSignInProblem::NoLogin),
        ("nopassword", HallSignInProblem::NoPassword),
    ];
    let line = |name: &str, in_use: WindowUse| WindowLine { name: name.into(), in_use };
    let window = HallWindowPage {
        chrome: chrome.clone(),
        bar: DeskBar { window: None, ..bar(chrome) },
        next: None,
        windows: vec![
            line("A01", WindowUse::Free),
            line("A02", WindowUse::InUse),
            line("A03", WindowUse::Free),
        ],
        window: Field::default(),
    };
    let none = Field::wrong("", messages::HallWindow(chrome.locale).none());
    let mut shots: Vec<Shot> = problems
        .into_iter()
        .map(|(name, problem)| {
            let page = HallSignInPage { login: "clerk1".into(), problem: Some(problem), ..sign_in.clone() };
            Shot::of(format!("hall-sign-in-{name}"), &page)
        })
        .collect();
    shots.extend([
        Shot::of("hall-sign-in", &sign_in),
        Shot::of("hall-window", &window),
        Shot::of("hall-window-wrong", &HallWindowPage { window: none, ..window.clone() }),
        Shot::of("hall-window-empty", &HallWindowPage { windows: vec![], ..window }),
    ]);
    shots
}

fn desks(chrome: &Chrome) -> Vec<Shot> {
    let line = |time: &str, person: QueuePerson, state: QueueState| QueueLine {
        time: time.into(),
        person,
        window: Some("A01".into()),
        state,
        next: match state {
            QueueState::Open => QueueStep::Take(visit()),
            _ => QueueStep::Open("/hall/visits/vis_1".into()),
        },
    };
    let empty = HallDeskPage { chrome: chrome.clone(), bar: bar(chrome), ..Default::default() };
    let full = HallDeskPage {
        queue: vec![
            line("10:33", QueuePerson::Unread, QueueState::AtCounter),
            line("10:31", QueuePerson::NotOnRecord, QueueState::AtCounter),
            line("10:20", QueuePerson::Known(person(chrome)), QueueState::Open),
            line("10:05", QueuePerson::Known(person(chrome)), QueueState::AwaitingBinding),
            line("09:52", QueuePerson::Known(person(chrome)), QueueState::Continuation),
            line("09:40", QueuePerson::Known(person(chrome)), QueueState::FailedRetryable),
            line("09:12", QueuePerson::Known(person(chrome)), QueueState::Bound),
        ],
        figures: DayFigures { done: 12, passed: 11, mean_minutes: Some(3) },
        ..empty.clone()
    };
    let wrong = Field::wrong("4920 1837 5601 2345 9", messages::HallDesk(chrome.locale).code_digit());
    vec![
        Shot::of("hall-desk", &full),
        Shot::of("hall-desk-empty", &empty),
        Shot::of("hall-desk-wrong", &HallDeskPage { code: wrong, ..full.clone() }),
        Shot::of(
            "hall-desk-conflict",
            &HallDeskPage {
                conflict: Some(messages::HallDesk(chrome.locale).moved().into()),
                ..full.clone()
            },
        ),
        Shot::of(
            "hall-desk-done",
            &HallDeskPage { done: Some(messages::HallDesk(chrome.locale).released().into()), ..full },
        ),
    ]
}

fn cards(chrome: &Chrome) -> Vec<Shot> {
    let m = messages::HallCard(chrome.locale);
    let kind =
        |value: &str, zh: &'static str, en: &'static str| Choice::new(value, chrome.locale.pick(zh, en));
    let manual = ManualEntry {
        id_types: vec![
            kind("resident_id", "居民身份证", "Resident ID card"),
            kind("passport", "护照", "Passport"),
        ],
        id_type: Field::of("resident_id"),
        ..Default::default()
    };
    let page = HallCardPage {
        chrome: chrome.clone(),
        bar: bar(chrome),
        visit: visit(),
        version: 2,
        reader_url: Some("/sandbox/reader/card".into()),
        reader_nonce: "n0nce".into(),
        samples_href: Some("/sandbox/reader".into()),
        manual: manual.clone(),
        entry: Entry::Fresh,
        problem: None,
        leaving: Leaving::PutsBack,
    };
    let wrong = ManualEntry {
        id_number: Field::wrong("110105194912310021", chrome.locale.pick("号码不正确", "Not a number")),
        id_number_again: Field::wrong(
            "11010519491231002X",
            chrome.locale.pick("号码不一致", "The numbers differ"),
        ),
        name: Field::wrong("", chrome.locale.pick("请输入姓名", "Enter the name")),
        valid_until: Field::wrong("明年", m.date_form()),
        ..manual.clone()
    };
    let kept =
        ManualEntry { id_number: Field::of("11010519491231002X"), name: Field::of(person(chrome)), ..manual };
    vec![
        Shot::of("hall-card", &page),
        Shot::of("hall-card-kept", &HallCardPage { manual: kept, entry: Entry::Kept, ..page.clone() }),
        Shot::of(
            "hall-card-other",
            &HallCardPage {
                problem: Some(chrome.locale.pick("证件与预约人不是同一人", "Another person’s card").into()),
                ..page.clone()
            },
        ),
        Shot::of("hall-card-wrong", &HallCardPage { manual: wrong, leaving: Leaving::Ends, ..page }),
    ]
}

fn compares(chrome: &Chrome) -> Vec<Shot> {
    let m = messages::HallCompare(chrome.locale);
    let reason =
        |value: &str, zh: &'static str, en: &'static str| Choice::new(value, chrome.locale.pick(zh, en));
    let page = HallComparePage {
        chrome: chrome.clone(),
        bar: bar(chrome),
        visit: visit(),
        version: 2,
        card: CardPreview {
            kind: chrome.locale.pick("居民身份证", "Resident ID card").into(),
            name: chrome.locale.pick("王小明", "Wang Xiaoming").into(),
            look_for: look_for(m, IdType::ResidentId),
            number: "1****************X".into(),
            birth_date: Some("1949-12-31".into()),
            sex: Some(chrome.locale.pick("女", "Female").into()),
            issuer: Some(chrome.locale.pick("北京市公安局朝阳分局", "Beijing Chaoyang Police").into()),
            valid_from: Some("2016-05-01".into()),
            valid_until: chrome.locale.pick("长期", "no end").into(),
            account: AccountKnown::Yes,
            ..Default::default()
        },
        document: Field::of("pass"),
        face: Field::default(),
        holder: Field::default(),
        second_look: Field::default(),
        reason: Field::default(),
        reasons: vec![
            reason("document_damaged", "证件损坏或看不清", "Document damaged or unreadable"),
            reason("not_the_holder", "不是证件本人", "Not the holder of the document"),
        ],
        decision: Field::default(),
        entry: Entry::Fresh,
        leaving: Leaving::PutsBack,
    };
    let kept = HallComparePage { face: Field::of("cannot_tell"), entry: Entry::Kept, ..page.clone() };
    let by_hand = HallComparePage {
        card: CardPreview {
            read_by: ReadBy::Hand,
            number: "11010519491231002X".into(),
            advisories: vec![Advisory::CheckDigit.message(chrome.locale)],
            chip: Chip::Unread,
            account: AccountKnown::No,
            other_name: Some(chrome.locale.pick("*晓明", "*ang Xiaomin").into()),
            ..page.card.clone()
        },
        face: Field::wrong("", m.check_missing()),
        holder: Field::of("cannot_tell"),
        second_look: Field::wrong("", m.second_look_missing()),
        reason: Field::wrong("", m.reason_missing()),
        decision: Field::wrong("", m.not_all_pass()),
        leaving: Leaving::Ends,
        ..page.clone()
    };
    vec![
        Shot::of("hall-compare", &page),
        Shot::of("hall-compare-kept", &kept),
        Shot::of("hall-compare-wrong", &by_hand),
        Shot::of("hall-compare-reissued", &reissued(&page)),
        Shot::of("hall-compare-kind", &other_kind(&page)),
        Shot::of("hall-compare-passport", &passport(&page)),
    ]
}

/// A travel permit that was re-issued, of somebody with an account.
fn reissued(page: &HallComparePage) -> HallComparePage {
    let locale = page.chrome.locale;
    let card = CardPreview {
        kind: IdType::HkmoTravelPermit.label(locale).into(),
        look_for: look_for(messages::HallCompare(locale), IdType::HkmoTravelPermit),
        number: "H*********2".into(),
        birth_date: None,
        sex: None,
        issuer: None,
        valid_from: None,
        valid_until: "2036-05-01".into(),
        other_document: Some(OtherDocument::Number("H*********1".into())),
        ..page.card.clone()
    };
    HallComparePage { card, ..page.clone() }
}

/// A permit that was recorded as a resident card, of somebody without an account.
fn other_kind(page: &HallComparePage) -> HallComparePage {
    let locale = page.chrome.locale;
    let card = CardPreview {
        kind: IdType::ResidencePermitTw.label(locale).into(),
        account: AccountKnown::No,
        other_document: Some(OtherDocument::Kind(IdType::ResidentId.label(locale))),
        ..page.card.clone()
    };
    HallComparePage { card, ..page.clone() }
}

/// A passport typed by hand.
fn passport(page: &HallComparePage) -> HallComparePage {
    let locale = page.chrome.locale;
    let card = CardPreview {
        kind: IdType::Passport.label(locale).into(),
        look_for: look_for(messages::HallCompare(locale), IdType::Passport),
        country: Some("FRA"),
        number: "12AB34567".into(),
        birth_date: None,
        sex: None,
        issuer: None,
        valid_from: None,
        valid_until: "2034-08-31".into(),
        chip: Chip::Unread,
        read_by: ReadBy::Hand,
        account: AccountKnown::No,
        ..page.card.clone()
    };
    HallComparePage { card, ..page.clone() }
}

fn results(chrome: &Chrome) -> Vec<Shot> {
    let decided = |outcome: Outcome, account: AccountKnown| HallDecidedPage {
        chrome: chrome.clone(),
        bar: bar(chrome),
        visit: visit(),
        version: 2,
        outcome,
        name_masked: Some(person(chrome)),
        level: 3,
        reason: None,
        presence: Presence::There,
        account,
        receipt_href: Some("/receipts/rec_1".into()),
    };
    let reason = Some(chrome.locale.pick("证件损坏或看不清", "Document damaged or unreadable").to_owned());
    let binding = HallBindingPage {
        chrome: chrome.clone(),
        bar: bar(chrome),
        visit: visit(),
        version: 2,
        binding: BindingState::Waiting,
        qr_svg: sample_qr("http://localhost:8000/bind/q8Zt0cQ2mT4kLxY7"),
        number: "47".into(),
        valid_until: "10:10".into(),
        poll_href: "/hall/visits/vis_1/state".into(),
        state: "awaiting_binding".into(),
    };
    vec![
        Shot::of("hall-decided", &decided(Outcome::Passed, AccountKnown::Yes)),
        Shot::of("hall-decided-new", &decided(Outcome::Passed, AccountKnown::No)),
        Shot::of("hall-decided-bound", &decided(Outcome::Bound, AccountKnown::Yes)),
        Shot::of("hall-decided-code", &decided(Outcome::Continuation, AccountKnown::No)),
        Shot::of("hall-decided-code-own", &decided(Outcome::Continuation, AccountKnown::Yes)),
        Shot::of(
            "hall-decided-left",
            &HallDecidedPage {
                reason: Some(Reason::PersonLeft.label(chrome.locale).to_owned()),
                presence: Presence::Left,
                receipt_href: None,
                ..decided(Outcome::FailedRetryable, AccountKnown::No)
            },
        ),
        Shot::of(
            "hall-decided-retry",
            &HallDecidedPage {
                reason: reason.clone(),
                receipt_href: None,
                ..decided(Outcome::FailedRetryable, AccountKnown::No)
            },
        ),
        Shot::of(
            "hall-decided-final",
            &HallDecidedPage {
                reason,
                receipt_href: None,
                ..decided(Outcome::FailedFinal, AccountKnown::No)
            },
        ),
        Shot::of("hall-binding", &binding),
        Shot::of("hall-binding-ended", &HallBindingPage { binding: BindingState::Ended, ..binding }),
    ]
}

fn slips(chrome: &Chrome) -> Vec<Shot> {
    let given = Continuation {
        code: "K7QM2-XR9TC-4WHB3-EYZ5A-6".into(),
        valid_until: "2026-11-24 10:05".into(),
        address: "http://localhost:8000/register".into(),
    };
    assert!(!format!("{given:?}").contains("K7QM"), "a code is never printed for the log");
    let slip = HallSlipPage {
        chrome: chrome.clone(),
        bar: bar(chrome),
        outcome: Outcome::Passed,
        name_masked: Some(person(chrome)),
        level: 3,
        window: Some("A01".into()),
        at: "2026-11-22 10:05".into(),
        receipt_id: Some("rec_0193a1c2d3e4f5".into()),
        receipt_qr_svg: sample_qr("http://localhost:8000/receipts/rec_0193a1c2d3e4f5"),
        continuation: None,
        account: AccountKnown::No,
    };
    let failed = HallSlipPage { outcome: Outcome::FailedRetryable, receipt_id: None, ..slip.clone() };
    let with_code = HallSlipPage { continuation: Some(given), ..slip.clone() };
    vec![
        Shot::of("hall-slip", &slip),
        Shot::of("hall-slip-failed", &failed),
        Shot::of("hall-slip-final", &HallSlipPage { outcome: Outcome::FailedFinal, ..failed }),
        Shot::of("hall-slip-bound", &HallSlipPage { outcome: Outcome::Bound, ..slip }),
        Shot::of("hall-slip-code", &with_code),
        Shot::of("hall-slip-code-own", &HallSlipPage { account: AccountKnown::Yes, ..with_code }),
    ]
}

fn others(chrome: &Chrome) -> Vec<Shot> {
    let receipt = |state: ReceiptState| ReceiptPage {
        chrome: chrome.clone(),
        state,
        id: "rec_0193a1c2d3e4f5".into(),
        level: 3,
        at: "2026-11-22 10:05".into(),
        hall: bar(chrome).hall,
        evidence_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
    };
    let card = |id: &str, name: &str| SampleCard {
        id: id.into(),
        name: name.into(),
        kind: chrome.locale.pick("居民身份证", "Resident ID card").into(),
        number_masked: "1****************X".into(),
    };
    let reader = ReaderPage {
        chrome: chrome.clone(),
        cards: vec![
            card("c1", chrome.locale.pick("王小明", "Wang Xiaoming")),
            card("c2", chrome.locale.pick("李芳", "Li Fang")),
        ],
        lying: Some("c1".into()),
        done: Some(messages::Reader(chrome.locale).done().into()),
    };
    vec![
        Shot::of("receipt", &receipt(ReceiptState::Valid)),
        Shot::of("receipt-repudiated", &receipt(ReceiptState::Repudiated)),
        Shot::of("receipt-broken", &receipt(ReceiptState::Broken)),
        Shot::of("receipt-unknown", &receipt(ReceiptState::Unknown)),
        Shot::of("reader", &reader),
        Shot::of("reader-empty", &ReaderPage { cards: vec![], done: None, lying: None, ..reader }),
    ]
}
