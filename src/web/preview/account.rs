//! The citizen's own pages, with lifelike contents.

use super::Shot;
use super::citizen::{HRSS, PORTAL, say, signed_in};
use crate::web::chrome::Chrome;
use crate::web::messages;
use crate::web::pages::*;

pub(super) fn shots(chrome: &Chrome) -> Vec<Shot> {
    let frame = signed_in(chrome);
    let overview = AccountPage {
        chrome: frame.clone(),
        name_masked: "*小明".replace("小明", chrome.locale.pick("小明", "Xiaoming")),
        level: 1,
        level_since: Some("2026-11-02".into()),
        documents: vec![
            DocumentLine {
                country: None,
                kind: say(chrome, ("居民身份证", "Resident ID card")),
                number_masked: "1****************X".into(),
                valid_until: None,
            },
            DocumentLine {
                country: Some("FRA".into()),
                kind: say(chrome, ("护照", "Passport")),
                number_masked: "E*******8".into(),
                valid_until: Some("2036-05-01".into()),
            },
        ],
        phone_masked: Some("138****0001".into()),
        login_name: None,
        visit: VisitState::Absent,
        requests: RequestsWaiting::None,
    };
    let withdrawn = messages::Consents(chrome.locale).withdrawn().to_owned();
    vec![
        Shot::of("account", &overview),
        Shot::of("account-asked", &AccountPage { requests: RequestsWaiting::Some, ..overview.clone() }),
        Shot::of("account-visit", &AccountPage { visit: VisitState::Open, ..overview.clone() }),
        Shot::of("account-failed", &AccountPage { visit: VisitState::FailedFinal, ..overview.clone() }),
        Shot::of("account-3", &AccountPage { level: 3, login_name: Some("citizen1".into()), ..overview }),
        Shot::of("sessions", &sessions(&frame)),
        Shot::of(
            "consents",
            &ConsentsPage { chrome: frame.clone(), consents: consents(chrome), done: Some(withdrawn) },
        ),
        Shot::of("consents-empty", &ConsentsPage { chrome: frame.clone(), ..Default::default() }),
        Shot::of("services", &services(&frame)),
        Shot::of("services-empty", &ServicesPage { chrome: frame.clone(), ..Default::default() }),
        Shot::of("history", &history(&frame)),
        Shot::of("history-empty", &HistoryPage { chrome: frame, ..Default::default() }),
    ]
}

fn sessions(chrome: &Chrome) -> SessionsPage {
    let session = |device: (&str, &str), which: WhichDevice, systems: Vec<String>| SessionLine {
        id: "ses_1".into(),
        device: say(chrome, device),
        since: "2026-11-22 09:58".into(),
        last_used: "2026-11-22 10:05".into(),
        which,
        systems,
    };
    SessionsPage {
        chrome: chrome.clone(),
        sessions: vec![
            session(
                ("Windows 电脑 · Edge", "Windows computer · Edge"),
                WhichDevice::This,
                vec![say(chrome, PORTAL), say(chrome, HRSS)],
            ),
            session(("安卓手机 · Chrome", "Android phone · Chrome"), WhichDevice::Other, vec![]),
        ],
        done: None,
    }
}

fn consents(chrome: &Chrome) -> Vec<ConsentLine> {
    let scopes = messages::Scopes(chrome.locale);
    let names = |list: &[&str]| {
        list.iter().filter_map(|scope| scopes.name(scope)).map(str::to_owned).collect::<Vec<_>>()
    };
    let line = |client: (&str, &str), items: Vec<String>| ConsentLine {
        id: "con_1".into(),
        client: say(chrome, client),
        department: say(chrome, ("市人社局", "Human Resources Bureau")),
        items,
        given: "2026-11-22 10:05".into(),
        until: "2027-11-22".into(),
    };
    vec![
        line(PORTAL, names(&["openid", "profile"])),
        line(HRSS, names(&["openid", "profile", "real_name", "id_number"])),
    ]
}

fn services(frame: &Chrome) -> ServicesPage {
    let line = |name: &str, department: &str| ServiceLine {
        name: name.into(),
        department: department.into(),
        href: "https://portal.example/login?iss=https%3A%2F%2Fid.example".into(),
    };
    let services = vec![
        line(
            frame.locale.pick("市民门户", "City portal"),
            frame.locale.pick("市大数据局", "City Data Office"),
        ),
        line(
            frame.locale.pick("社保业务系统", "Social insurance"),
            frame.locale.pick("市人社局", "City HR Office"),
        ),
    ];
    let next_href = Some("/account/services?department=hrss&after=social".into());
    ServicesPage { chrome: frame.clone(), services, next_href, first_href: Some("/account/services".into()) }
}

fn history(chrome: &Chrome) -> HistoryPage {
    let line = |at: &str, what: (&str, &str), system: Option<(&str, &str)>, detail: Option<(&str, &str)>| {
        HistoryLine {
            at: at.into(),
            what: say(chrome, what),
            system: system.map(|name| say(chrome, name)),
            detail: detail.map(|text| say(chrome, text)),
        }
    };
    HistoryPage {
        chrome: chrome.clone(),
        lines: vec![
            line(
                "2026-11-22 10:05",
                ("提供信息", "Information handed over"),
                Some(HRSS),
                Some(("基本信息、实名等级", "Name and basic details, level")),
            ),
            line(
                "2026-11-22 10:04",
                ("窗口核验通过，升为 3 级", "Verified at a window, now level 3"),
                None,
                Some(("市民之家 A01", "Citizens’ Home A01")),
            ),
            line("2026-11-22 09:59", ("同意授权", "Consent given"), Some(PORTAL), None),
            line(
                "2026-11-22 09:58",
                ("密码登录", "Signed in by password"),
                None,
                Some(("Windows 电脑", "Windows computer")),
            ),
        ],
        older_href: Some("/account/history?before=aud_1".into()),
        newest_href: None,
    }
}
