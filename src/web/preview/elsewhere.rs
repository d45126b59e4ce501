//! The pages of requests whose answer goes elsewhere, with lifelike contents.

use super::Shot;
use super::citizen::{consent, say, signed_in};
use crate::web::chrome::Chrome;
use crate::web::pages::*;

pub(super) fn shots(chrome: &Chrome) -> Vec<Shot> {
    let frame = signed_in(chrome);
    let device = DevicePage { chrome: chrome.clone(), ..Default::default() };
    let wrong =
        |problem| DevicePage { user_code: "bcdf ghj<".into(), problem: Some(problem), ..device.clone() };
    let kiosk = Occasion::Device {
        code: "BCDF-GHJK".into(),
        name: Some(say(chrome, ("市民之家一楼 3 号自助终端", "Kiosk 3, Citizens’ Home, ground floor"))),
        until: "2026-11-22 10:15".into(),
    };
    let message = say(chrome, ("工单 4711：社保卡补办", "Case 4711: new social security card"));
    let call = Occasion::Call { message: Some(message.clone()), until: "2026-11-22 10:10".into() };
    let hotline = say(chrome, ("12345 政务服务便民热线", "12345 Service Hotline"));
    let office = say(chrome, ("市大数据局", "City Data Office"));
    let line = RequestLine {
        href: "/account/requests/dcp_1".into(),
        client: hotline.clone(),
        department: office,
        message: Some(message.clone()),
        asked: "2026-11-22 10:05".into(),
        until: "2026-11-22 10:10".into(),
    };
    let answered = |said| AnsweredPage { chrome: frame.clone(), said };
    vec![
        Shot::of("device", &device),
        Shot::of("device-filled", &DevicePage { user_code: "BCDF-GHJK".into(), ..device.clone() }),
        Shot::of("device-unknown", &wrong(DeviceProblem::Unknown)),
        Shot::of("device-empty", &wrong(DeviceProblem::Empty)),
        Shot::of("device-many", &wrong(DeviceProblem::TooManyTries { seconds: 300 })),
        Shot::of("consent-device", &ConsentPage { occasion: kiosk, until: None, ..consent(chrome) }),
        Shot::of(
            "consent-ciba",
            &ConsentPage { occasion: call, client: hotline, until: None, ..consent(chrome) },
        ),
        Shot::of("answered-allowed", &answered(Said::Allowed)),
        Shot::of("answered-denied", &answered(Said::Denied)),
        Shot::of("answered-unmet", &answered(Said::Unmet)),
        Shot::of("answered-nothing", &answered(Said::Nothing)),
        Shot::of("requests", &RequestsPage { chrome: frame.clone(), requests: vec![line] }),
        Shot::of("requests-empty", &RequestsPage { chrome: frame.clone(), requests: vec![] }),
        Shot::of("inbox-empty", &InboxPage { chrome: chrome.clone(), messages: vec![] }),
        Shot::of(
            "inbox",
            &InboxPage {
                chrome: chrome.clone(),
                messages: vec![InboxLine {
                    at: "2026-11-22 10:05".into(),
                    to: "138****0001".into(),
                    text: message,
                    href: "/account/requests/dcp_1".into(),
                }],
            },
        ),
    ]
}
