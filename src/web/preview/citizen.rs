//! The citizen's pages with lifelike contents.

use super::{Shot, account, sample_qr};
use crate::hall::binding_refusal::BindingRefusal;
use crate::hall::slip::ContinuationRefusal;
use crate::http::shown::{Entrance, Problem};
use crate::identity::{IdType, PhoneProblem};
use crate::protocol::{Details, Refusal};
use crate::signin::new_password::PasswordProblem;
use crate::web::chrome::Chrome;
use crate::web::form::Field;
use crate::web::messages;
use crate::web::pages::*;

pub(super) const PORTAL: (&str, &str) = ("市民门户", "City Portal");
pub(super) const HRSS: (&str, &str) = ("社保待遇申领", "Social Security Claims");

pub(super) fn say(chrome: &Chrome, text: (&str, &str)) -> String {
    chrome.locale.pick(text.0, text.1).to_owned()
}

fn asked_by(chrome: &Chrome, service: (&str, &str)) -> Chrome {
    Chrome { service: Some(say(chrome, service)), from: Some("portal".into()), ..chrome.clone() }
}

pub(super) fn signed_in(chrome: &Chrome) -> Chrome {
    Chrome {
        signed_in: Some("*小明".replace("小明", chrome.locale.pick("小明", "Xiaoming"))),
        ..chrome.clone()
    }
}

pub(super) fn halls(chrome: &Chrome) -> Vec<HallPlace> {
    let place = |name: (&str, &str), windows: &[&str]| HallPlace {
        name: say(chrome, name),
        windows: windows.iter().map(|window| (*window).to_owned()).collect(),
        locale: chrome.locale,
    };
    vec![
        place(("市民之家", "Citizens’ Home"), &["A01", "A02", "A03"]),
        place(("高新区政务服务中心", "High-tech Zone Service Centre"), &["B11"]),
    ]
}

fn ticket() -> Ticket {
    Ticket {
        code: "49201837560123458".into(),
        qr_svg: sample_qr("http://localhost:8000/hall/open?code=49201837560123458"),
        valid_until: "2026-12-07 10:05".into(),
    }
}

pub(super) fn shots(chrome: &Chrome) -> Vec<Shot> {
    [way_through, visits, registration, leaving, account::shots, others]
        .into_iter()
        .flat_map(|group| group(chrome))
        .collect()
}

fn way_through(chrome: &Chrome) -> Vec<Shot> {
    let sign_in =
        SignInPage { chrome: asked_by(chrome, PORTAL), request: Some("req_1".into()), ..Default::default() };
    let problems = [
        ("wrong", SignInProblem::WrongNameOrPassword),
        ("many", SignInProblem::TooManyTries { seconds: 30 }),
        ("nothing", SignInProblem::NothingTyped),
        ("empty", SignInProblem::NoPassword),
        ("busy", SignInProblem::Busy),
        ("expired", SignInProblem::Expired),
        ("noname", SignInProblem::NoUsername),
    ];
    let mut shots = vec![
        Shot::of("sign-in", &sign_in),
        Shot::of("sign-in-asker", &SignInPage { asker: asker(chrome), ..sign_in.clone() }),
        Shot::of("sign-in-enterprise", &SignInPage { tab: SignInTab::Enterprise, ..sign_in.clone() }),
        Shot::of("sign-in-again", &SignInPage { again: WhyAgain::Reauthentication, ..sign_in.clone() }),
        Shot::of(
            "sign-in-own",
            &SignInPage {
                chrome: chrome.clone(),
                next: Some("/account/?a=b&c".into()),
                ..Default::default()
            },
        ),
    ];
    for (name, problem) in problems {
        let page =
            SignInPage { problem: Some(problem), username: "citizen1\"><b>".into(), ..sign_in.clone() };
        shots.push(Shot::of(format!("sign-in-{name}"), &page));
    }
    shots.push(Shot::of("consent", &consent(chrome)));
    shots.push(Shot::of("consent-claims", &consent_claims(chrome)));
    let step_up = step_up(chrome);
    let open = StepUpPage {
        visit: VisitState::Open,
        ticket: Some(ticket()),
        poll_href: Some("/step-up/state?request=req_1".into()),
        ..step_up.clone()
    };
    use VisitState::{AtCounter, FailedFinal, FailedRetryable, Lapsed, Passed, PutBack};
    for state in [PutBack, AtCounter, Passed, Lapsed, FailedRetryable, FailedFinal] {
        let page = StepUpPage { visit: state, ..step_up.clone() };
        shots.push(Shot::of(format!("step-up-{}", state.word()), &page));
    }
    shots.extend([
        Shot::of("step-up", &step_up),
        Shot::of("step-up-open", &open),
        Shot::of(
            "step-up-not-yet",
            &StepUpPage { problem: Some(StepUpProblem::NotYetVerified), ..open.clone() },
        ),
        Shot::of(
            "step-up-tries",
            &StepUpPage { problem: Some(StepUpProblem::NoTriesLeft), halls: vec![], ..step_up },
        ),
        Shot::of(
            "step-up-ready",
            &StepUpPage {
                visit: VisitState::AwaitingBinding,
                ticket: None,
                binding_href: Some("/account/visit".into()),
                ..open
            },
        ),
    ]);
    shots
}

fn detail(chrome: &Chrome) -> ConsentItem {
    let text = r#"[{"type":"gov_data","locations":["https://data.example/si"],"actions":["read","verify"],
        "datatypes":["social_insurance","housing_fund"]}]"#;
    let details: Details = text.parse().unwrap();
    details.iter().next().map(|detail| ConsentItem::of_detail(chrome.locale, detail)).unwrap()
}

fn asker(chrome: &Chrome) -> Asker {
    let words = messages::Asker(chrome.locale);
    let link = |text: &str, path: &str| AwayLink {
        href: format!("https://portal.example.gov.cn/{path}"),
        text: text.to_owned(),
        host: "portal.example.gov.cn".into(),
    };
    Asker {
        logo: Some(chrome.asset("favicon.svg")),
        links: vec![link(words.home(), ""), link(words.policy(), "privacy"), link(words.terms(), "terms")],
    }
}

pub(super) fn consent(chrome: &Chrome) -> ConsentPage {
    let item = |scope: &str, need: Need| ConsentItem::of_scope(chrome.locale, scope, need);
    let why = |item: ConsentItem, why: (&str, &str)| item.because(say(chrome, why));
    ConsentPage {
        chrome: signed_in(&asked_by(chrome, PORTAL)),
        request: "req_1".into(),
        shown_to: String::new(),
        client: say(chrome, PORTAL),
        department: say(chrome, ("市大数据局", "City Data Office")),
        asker: asker(chrome),
        person: "*小明".replace("小明", chrome.locale.pick("小明", "Xiaoming")),
        items: vec![
            detail(chrome),
            item("openid", Need::Required),
            why(
                item("profile", Need::Required),
                ("在页面上称呼您，并预填申请表", "To greet you and fill in forms"),
            ),
            why(
                item("phone", Need::Optional),
                ("办理进度有变化时给您发短信", "To send you a message when something changes"),
            ),
            why(item("id_number", Need::Optional), ("查询您名下的办件", "To find your cases")),
        ],
        until: Some("2027-11-22".into()),
        occasion: Occasion::Here,
    }
}

fn consent_claims(chrome: &Chrome) -> ConsentPage {
    let claim = |claim: &str| ConsentItem::of_claim(chrome.locale, claim, Need::Optional);
    let named = ["name", "phone_number", "loa", "verified:name", "verified:id_number", "verified:how"];
    ConsentPage {
        items: std::iter::once(ConsentItem::of_scope(chrome.locale, "openid", Need::Required))
            .chain(named.map(claim))
            .collect(),
        ..consent(chrome)
    }
}

fn step_up(chrome: &Chrome) -> StepUpPage {
    StepUpPage {
        chrome: signed_in(&asked_by(chrome, HRSS)),
        request: "req_1".into(),
        service: say(chrome, HRSS),
        has_level: 1,
        needs_level: 3,
        halls: halls(chrome),
        state: "open".into(),
        ..Default::default()
    }
}

fn entrance(chrome: &Chrome) -> Entrance {
    Entrance {
        name: say(chrome, HRSS),
        href: Some("https://hrss.example/login?iss=https%3A%2F%2Fid.example".into()),
    }
}

fn visits(chrome: &Chrome) -> Vec<Shot> {
    let visit = |state: VisitState| VisitPage {
        chrome: signed_in(chrome),
        visit: state,
        halls: halls(chrome),
        here: "/account/visit".into(),
        ..Default::default()
    };
    let binding = |number: Field| VisitPage {
        binding: Some(BindingForm { action: "/bind/abc".into(), number, tries_left: 2 }),
        poll_href: Some("/account/visit/state".into()),
        state: "awaiting_binding".into(),
        ..visit(VisitState::AwaitingBinding)
    };
    let wrong = BindingRefusal::WrongNumber { tries_left: 2 }.message(chrome.locale);
    let polled = |page: VisitPage| VisitPage { poll_href: Some("/account/visit/state".into()), ..page };
    let bound = VisitPage {
        continue_to: Some((say(chrome, HRSS), "/continue?request=req_1".into())),
        receipt_href: Some("/receipts/rec_1".into()),
        ..visit(VisitState::Bound)
    };
    vec![
        Shot::of("visit-none", &visit(VisitState::Absent)),
        Shot::of("visit-not-needed", &visit(VisitState::NotNeeded)),
        Shot::of("visit-put-back", &polled(visit(VisitState::PutBack))),
        Shot::of("visit-lapsed", &visit(VisitState::Lapsed)),
        Shot::of("visit-open", &polled(VisitPage { ticket: Some(ticket()), ..visit(VisitState::Open) })),
        Shot::of(
            "visit-refused",
            &VisitPage {
                problem: Some(BindingRefusal::Ended.message(chrome.locale).into()),
                notice: Some(messages::Visit(chrome.locale).refused().into()),
                slip_href: Some("/register".into()),
                ..polled(visit(VisitState::Passed))
            },
        ),
        Shot::of("visit-counter", &polled(visit(VisitState::AtCounter))),
        Shot::of("visit-passed", &polled(visit(VisitState::Passed))),
        Shot::of("visit-binding", &binding(Field::default())),
        Shot::of("visit-binding-wrong", &binding(Field::wrong("42", wrong))),
        Shot::of("visit-bound", &bound),
        Shot::of(
            "visit-late",
            &VisitPage { came_from: Some(entrance(chrome)), continue_to: None, ..bound.clone() },
        ),
        Shot::of(
            "visit-open-late",
            &polled(VisitPage {
                came_from: Some(entrance(chrome)),
                ticket: Some(ticket()),
                ..visit(VisitState::Open)
            }),
        ),
        Shot::of(
            "visit-another",
            &VisitPage {
                problem: Some(BindingRefusal::AnotherPerson.message(chrome.locale).into()),
                switch_action: Some("/bind/abc".into()),
                ..visit(VisitState::Absent)
            },
        ),
        Shot::of("visit-retry", &visit(VisitState::FailedRetryable)),
        Shot::of("visit-final", &visit(VisitState::FailedFinal)),
        Shot::of("visit-expired", &visit(VisitState::Expired)),
        Shot::of("visit-cancelled", &visit(VisitState::Cancelled)),
    ]
}

fn registration(chrome: &Chrome) -> Vec<Shot> {
    let m = messages::Register(chrome.locale);
    let page =
        |step: RegisterStep| RegisterPage { chrome: chrome.clone(), request: None, step, problem: None };
    let code = |field: Field| page(RegisterStep::Code { continuation_code: field, kept: Kept::Nothing });
    let details = RegisterDetails {
        continuation_code: "K7QM2XR9TC4WHB3EYZ5A".into(),
        name_masked: "*小芳".replace("小芳", chrome.locale.pick("小芳", "Xiaofang")),
        document_masked: "4****************4".into(),
        ..Default::default()
    };
    let child = RegisterDetails { guardian: Guardian::Agrees, ..details.clone() };
    let passport = RegisterDetails {
        document_masked: "G******21".into(),
        id_type: Some(IdType::Passport),
        ..details.clone()
    };
    let wrong = RegisterDetails {
        login_name: Field::wrong("fang", ContinuationRefusal::LoginNameTaken.message(chrome.locale)),
        phone: Field::wrong("1380000", PhoneProblem::Form.message(chrome.locale)),
        password: Field::wrong("", PasswordProblem::TooShort.message(chrome.locale)),
        password_again: Field::wrong("", m.password_differs()),
        ..details.clone()
    };
    let many = RegisterPage {
        problem: Some(RegisterProblem::TooManyTries { seconds: 60 }),
        ..code(Field::default())
    };
    let exists = RegisterPage {
        problem: Some(RegisterProblem::AccountExists),
        ..code(Field::of("K7QM2-XR9TC-4WHB3-EYZ5A-B"))
    };
    let of_another = RegisterPage {
        chrome: signed_in(chrome),
        problem: Some(RegisterProblem::AccountOfAnother),
        ..code(Field::of("K7QM2-XR9TC-4WHB3-EYZ5A-B"))
    };
    let typed = vec![("step", "look".to_owned()), ("continuation_code", "K7QM-2XR9".to_owned())];
    let wrong_code = RegisterPage {
        chrome: Chrome { typed, ..chrome.clone() },
        ..code(Field::wrong("K7QM-2XR9", m.code_wrong()))
    };
    let kept = RegisterPage {
        chrome: signed_in(chrome),
        ..page(RegisterStep::Code {
            continuation_code: Field::of("K7QM2-XR9TC-4WHB3-EYZ5A-B"),
            kept: Kept::Code,
        })
    };
    let registered = RegisteredPage {
        chrome: signed_in(chrome),
        name_masked: details.name_masked.clone(),
        level: 3,
        id_type: Some(IdType::Passport),
        login_name: Some("fang88".into()),
        phone_masked: Some("138****0002".into()),
        continue_to: None,
    };
    vec![
        Shot::of("register", &code(Field::default())),
        Shot::of("register-wrong", &wrong_code),
        Shot::of("register-many", &many),
        Shot::of("register-exists", &exists),
        Shot::of("register-of-another", &of_another),
        Shot::of("register-kept", &kept),
        Shot::of("register-details", &page(RegisterStep::Details(Box::new(details)))),
        Shot::of("register-details-child", &page(RegisterStep::Details(Box::new(child)))),
        Shot::of("register-details-passport", &page(RegisterStep::Details(Box::new(passport)))),
        Shot::of("register-details-wrong", &page(RegisterStep::Details(Box::new(wrong)))),
        Shot::of("registered", &registered),
    ]
}

fn leaving(chrome: &Chrome) -> Vec<Shot> {
    let system =
        |name: (&str, &str)| SignedInSystem { name: say(chrome, name), since: "2026-11-22 10:05".into() };
    let outcome = |name: (&str, &str), reach: Reach| LogoutOutcome {
        client: say(chrome, name),
        reach,
        delivery: format!("out_{}", name.1.to_lowercase().replace(' ', "-")),
    };
    let out = SignOutPage {
        chrome: signed_in(&asked_by(chrome, PORTAL)),
        request: Some("req_9".into()),
        client: Some(say(chrome, PORTAL)),
        systems: vec![system(PORTAL), system(HRSS)],
    };
    let reason = say(chrome, ("对方系统没有应答，已重试 3 次", "The system did not answer. Tried 3 times"));
    let mixed = SignedOutPage {
        returns: Some((5, "/signed-out?stay=1".to_owned())),
        chrome: chrome.clone(),
        outcomes: vec![
            outcome(PORTAL, Reach::Reached),
            outcome(HRSS, Reach::Trying),
            outcome(("不动产登记", "Land Registry"), Reach::Failed(reason)),
            outcome(("图书馆", "Library"), Reach::NotTold),
        ],
        back: Some(Link { href: "http://localhost:8001/".into(), text: say(chrome, PORTAL) }),
        refresh_href: Some("/signed-out?id=1".into()),
        poll_href: Some("/signed-out/state?id=1".into()),
        state: "1".into(),
        ..SignedOutPage::default()
    };
    let all = SignedOutPage {
        outcomes: vec![outcome(PORTAL, Reach::Reached), outcome(HRSS, Reach::Reached)],
        refresh_href: None,
        poll_href: None,
        ..mixed.clone()
    };
    let by_browser = SignedOutPage {
        outcomes: vec![
            outcome(PORTAL, Reach::Reached),
            outcome(HRSS, Reach::Asking),
            outcome(("图书馆", "Library"), Reach::Asked),
        ],
        frames: vec![LogoutFrame {
            delivery: "out_hrss".into(),
            href: "http://localhost:8002/frontchannel-logout?iss=http%3A%2F%2Flocalhost%3A8000&sid=sid_1"
                .into(),
        }],
        asked_href: "/signed-out/asked",
        ..all.clone()
    };
    vec![
        Shot::of("signed-out-browser", &by_browser),
        Shot::of("sign-out", &out),
        Shot::of("sign-out-none", &SignOutPage { chrome: signed_in(chrome), ..Default::default() }),
        Shot::of("signed-out", &mixed),
        Shot::of("signed-out-all", &all),
        Shot::of("signed-out-none", &SignedOutPage { chrome: chrome.clone(), ..Default::default() }),
    ]
}

fn others(chrome: &Chrome) -> Vec<Shot> {
    let kinds = [
        ("not-found", Problem::NotFound),
        ("wrong-method", Problem::WrongMethod),
        ("expired", Problem::Expired),
        ("expired-from", Problem::ExpiredFrom(entrance(chrome))),
        ("answered", Problem::Answered),
        ("no-cookies", Problem::NoCookies),
        ("forbidden", Problem::Forbidden),
        ("another-window", Problem::AnotherWindow("A02".into())),
        ("stale", Problem::StaleForm),
        ("unavailable", Problem::Unavailable { wait: 5 }),
        ("broken", Problem::Broken),
        ("bad-request", Problem::BadRequest),
        ("pending", Problem::BadClient(Refusal::ClientPending)),
        ("disabled", Problem::BadClient(Refusal::ClientDisabled)),
        ("logout", Problem::BadClient(Refusal::LogoutRedirectUnregistered)),
        ("too-large", Problem::TooLarge),
        ("too-slow", Problem::TooSlow),
    ];
    let mut shots: Vec<Shot> = kinds
        .into_iter()
        .map(|(name, problem)| {
            Shot::of(format!("error-{name}"), &ErrorPage::of(&problem, chrome.clone(), "b7Jx0cQ2mT4k"))
        })
        .collect();
    let client =
        ErrorPage::of(&Problem::BadClient(Refusal::RedirectUnregistered), chrome.clone(), "txn_01JD8")
            .with_code("102003")
            .explained(
                Refusal::RedirectUnregistered.description(chrome.locale),
                "/help/errors/102003".into(),
            );
    let post = FormPostPage {
        chrome: asked_by(chrome, PORTAL),
        client: say(chrome, PORTAL),
        action: "http://localhost:8001/callback".into(),
        parameters: vec![("code".into(), "SplxlOBe".into()), ("state".into(), "a\"b".into())],
    };
    shots.extend([
        Shot::of("error-client", &client),
        Shot::of("form-post", &post),
        Shot::of("home", &HomePage { chrome: chrome.clone() }),
        Shot::of("home-signed-in", &HomePage { chrome: signed_in(chrome) }),
        Shot::of("error-codes", &ErrorCodesPage { chrome: chrome.clone() }),
        Shot::of("error-code", &ErrorCodePage::of(chrome.clone(), Refusal::PkceMissing)),
        Shot::of("help", &HelpPage { chrome: chrome.clone(), halls: halls(chrome) }),
    ]);
    shots
}
