//! The pages of the portal and the department, and the frame of every page, filled from templates.

use askama::Template;

use super::person::{ClaimRow, Person};
use super::relying::SampleRp;
use super::sign_in::Refusal;
use super::system::{System, level_meaning};
use crate::base::Locale;

/// What every page shows.
pub struct Frame<'a> {
    pub locale: Locale,
    pub rp: &'a SampleRp,
}

impl Frame<'_> {
    pub fn t<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        self.locale.pick(zh, en)
    }

    pub fn name(&self) -> &'static str {
        self.rp.system.name(self.locale)
    }

    pub fn neighbour_name(&self) -> &'static str {
        let neighbour = match self.rp.system {
            System::Portal => System::Department,
            System::Department | System::Hotline => System::Portal,
        };
        neighbour.name(self.locale)
    }

    pub fn neighbour_url(&self) -> Option<&str> {
        self.rp.settings.neighbour_url.as_deref()
    }

    pub fn hotline_url(&self) -> Option<&str> {
        self.rp.settings.hotline_url.as_deref()
    }

    /// Begins every address of this system.
    pub fn root(&self) -> &'static str {
        self.rp.system.root()
    }

    pub fn home(&self) -> &'static str {
        if self.root().is_empty() { "/" } else { self.root() }
    }

    pub fn is_portal(&self) -> bool {
        self.rp.system == System::Portal
    }

    pub fn theme(&self) -> &'static str {
        self.rp.system.prefix()
    }

    pub fn issuer(&self) -> &str {
        &self.rp.settings.issuer
    }

    pub fn other_language(&self) -> Locale {
        self.locale.pick(Locale::En, Locale::ZhCn)
    }

    pub fn other_language_name(&self) -> &'static str {
        self.locale.pick("English", "中文")
    }
}

/// Why a home page is shown to somebody who is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    Fresh,
    /// A back-channel logout ended the session.
    EndedElsewhere,
}

#[derive(Template)]
#[template(path = "sample/welcome.html")]
pub struct Welcome<'a> {
    pub frame: Frame<'a>,
    pub arrival: Arrival,
}

impl Welcome<'_> {
    fn ended_elsewhere(&self) -> bool {
        self.arrival == Arrival::EndedElsewhere
    }
}

#[derive(Template)]
#[template(path = "sample/signed_in.html")]
pub struct SignedIn<'a> {
    pub frame: Frame<'a>,
    pub person: &'a Person,
}

impl SignedIn<'_> {
    fn name(&self) -> &str {
        self.person.name().unwrap_or_else(|| self.frame.t("已认证用户", "verified user"))
    }

    fn level(&self) -> Option<u8> {
        self.person.level()
    }

    fn level_meaning(&self) -> &'static str {
        self.person.level().map_or("", |level| level_meaning(level, self.frame.locale))
    }

    fn acr(&self) -> &str {
        self.person.acr.as_deref().unwrap_or("-")
    }

    fn sid(&self) -> &str {
        self.person.sid.as_deref().unwrap_or("-")
    }

    fn auth_time(&self) -> Option<String> {
        self.person.shown("auth_time")
    }

    fn reached_at(&self) -> Option<String> {
        self.person.shown("loa_reached_at")
    }

    fn reached_by(&self) -> Option<String> {
        reached_by(self.person, self.frame.locale)
    }

    fn verified_claims(&self) -> Option<String> {
        self.person.shown("verified_claims")
    }

    fn rows(&self) -> Vec<ClaimRow> {
        self.person.rows()
    }
}

/// How the level was reached, in words where there are some.
pub fn reached_by(person: &Person, locale: Locale) -> Option<String> {
    let how = person.shown("loa_reached_by")?;
    let words = match how.as_str() {
        "window" | "window_verification" => {
            ("政务大厅窗口现场核验", "in person, at a government hall window")
        }
        "face_match" => ("人脸核验", "live face against the registry"),
        "bank_card" => ("银行卡核验", "by a bank"),
        "registry_match" => ("与人口库比对一致", "matched with the population registry"),
        "qualified_certificate" => ("数字证书或电子营业执照", "by a qualified certificate"),
        "imported" => ("由已有记录导入", "from records of a hall"),
        "self_asserted" => ("本人填报", "said by the person"),
        _ => return Some(how),
    };
    Some(locale.pick(words.0, words.1).to_owned())
}

/// One thing said plainly, and where to go from there.
#[derive(Template)]
#[template(path = "sample/notice.html")]
pub struct Notice<'a> {
    pub frame: Frame<'a>,
    /// `data-page` of the page.
    pub kind: &'static str,
    pub title: String,
    pub said: String,
    /// What the reader can do, a sentence each.
    pub advice: Vec<&'static str>,
    /// For the department's engineers: codes of the specifications.
    pub detail: Option<String>,
    pub action: Option<(&'static str, &'static str)>,
}

/// Asks before signing out, for those who come by a link.
#[derive(Template)]
#[template(path = "sample/sign_out.html")]
pub struct SignOut<'a> {
    pub frame: Frame<'a>,
}

impl<'a> Notice<'a> {
    pub fn signed_out(frame: Frame<'a>) -> Self {
        let said = frame.t(
            "您已退出本系统。是否同时退出其他系统，以您在统一身份认证服务中的选择为准。",
            "You have signed out of this system. Whether you are also signed out elsewhere is what you chose at the unified identity service.",
        );
        Self {
            kind: "signed-out",
            title: frame.t("已退出登录", "You have signed out").into(),
            said: said.into(),
            advice: vec![],
            detail: None,
            action: Some((frame.home(), frame.t("返回首页", "Back to the home page"))),
            frame,
        }
    }

    pub fn not_found(frame: Frame<'a>) -> Self {
        Self {
            kind: "not-found",
            title: frame.t("没有这个页面", "There is no such page").into(),
            said: frame
                .t("网址可能有误，或页面已经移走。", "The address may be wrong, or the page has moved.")
                .into(),
            advice: vec![],
            detail: None,
            action: Some((frame.home(), frame.t("返回首页", "Back to the home page"))),
            frame,
        }
    }

    pub fn broken(frame: Frame<'a>) -> Self {
        Self {
            kind: "error",
            title: frame.t("系统暂时出错", "Something went wrong here").into(),
            said: frame
                .t(
                    "本系统未能保存登录状态，请稍后重试。",
                    "This system could not save your sign-in. Please try again later.",
                )
                .into(),
            advice: vec![],
            detail: None,
            action: Some((frame.home(), frame.t("返回首页", "Back to the home page"))),
            frame,
        }
    }

    pub fn refused(frame: Frame<'a>, refusal: &Refusal) -> Self {
        match refusal {
            Refusal::UnknownLogin => Self::unknown_login(frame),
            Refusal::Unreachable => Self::unreachable(frame),
            Refusal::WrongIssuer => Self::unsound(frame, "iss"),
            Refusal::Unsound(check) => Self::unsound(frame, check),
            Refusal::LevelTooLow { reached, demanded } => Self::level_too_low(frame, *reached, *demanded),
            Refusal::Answered { error, description } => Self::answered(frame, error, description.as_deref()),
        }
    }

    pub fn unreachable(frame: Frame<'a>) -> Self {
        Self {
            kind: "unreachable",
            title: frame.t("暂时无法连接统一身份认证服务", "The identity service cannot be reached").into(),
            said: frame
                .t(
                    "本系统现在联系不上统一身份认证服务，您的账号没有任何变化。",
                    "This system cannot reach the unified identity service right now. Nothing about your account has changed.",
                )
                .into(),
            advice: vec![frame.t("请过一两分钟再试。", "Please try again in a minute or two."), help_line(&frame)],
            detail: None,
            action: Some(("/login", frame.t("重试", "Try again"))),
            frame,
        }
    }

    fn unknown_login(frame: Frame<'a>) -> Self {
        Self {
            kind: "login-expired",
            title: frame.t("这次登录已失效", "This sign-in is no longer valid").into(),
            said: frame
                .t(
                    "登录等待时间过长，或者这个链接不是由当前浏览器发起的，也可能已经用过一次。",
                    "It took too long, it was begun in another browser, or its link was already used once.",
                )
                .into(),
            advice: vec![frame.t("请从本系统重新登录。", "Please begin again from this system.")],
            detail: None,
            action: Some(("/login", frame.t("重新登录", "Sign in again"))),
            frame,
        }
    }

    fn unsound(frame: Frame<'a>, check: &str) -> Self {
        Self {
            kind: "login-unsound",
            title: frame.t("登录结果未通过校验", "The sign-in did not pass our checks").into(),
            said: frame
                .t(
                    "为了您的安全，本系统没有让这次登录生效。",
                    "For your safety, this system did not accept the sign-in.",
                )
                .into(),
            advice: vec![
                frame.t("请重新登录一次。", "Please sign in once more."),
                frame.t(
                    "若再次出现，请把下面的代码告诉本系统的运维人员。",
                    "If it happens again, tell the operators of this system the code below.",
                ),
            ],
            detail: Some(format!("check_failed: {check}")),
            action: Some(("/login", frame.t("重新登录", "Sign in again"))),
            frame,
        }
    }

    fn level_too_low(frame: Frame<'a>, reached: Option<u8>, demanded: u8) -> Self {
        let locale = frame.locale;
        let have = match reached {
            Some(level) => format!("{level} ({})", level_meaning(level, locale)),
            None => frame.t("未知", "unknown").to_owned(),
        };
        let need = format!("{demanded} ({})", level_meaning(demanded, locale));
        let said = locale.pick(
            format!("办理本业务需要身份等级 {need}，您目前的等级是 {have}。"),
            format!("This service needs identity level {need}. Yours is {have}."),
        );
        Self {
            kind: "level-too-low",
            title: frame.t("身份等级不够", "Your identity level is too low").into(),
            said,
            advice: how_to_rise(&frame),
            detail: None,
            action: Some(("/login", frame.t("已完成核验，重新登录", "I have been verified, sign in again"))),
            frame,
        }
    }

    fn answered(frame: Frame<'a>, error: &str, description: Option<&str>) -> Self {
        let (kind, title, said, advice) = explained(&frame, error);
        let detail = match description {
            Some(description) => format!("{}: {}", shortened(error, 60), shortened(description, 300)),
            None => shortened(error, 60),
        };
        Self {
            kind,
            title: title.into(),
            said: said.into(),
            advice,
            detail: Some(detail),
            action: Some(("/login", frame.t("重新登录", "Sign in again"))),
            frame,
        }
    }
}

type Explanation = (&'static str, &'static str, &'static str, Vec<&'static str>);

/// The error codes a person can do something about, in words.
fn explained(frame: &Frame, error: &str) -> Explanation {
    match error {
        "access_denied" => (
            "access-denied",
            frame.t("您没有同意授权", "You did not allow access"),
            frame.t(
                "本系统没有得到您的任何信息，因此不能让您登录。",
                "This system was told nothing about you, and so cannot sign you in.",
            ),
            vec![frame.t(
                "如需办理业务，请重新登录，并在授权页上选择“同意”。",
                "To use this system, sign in again and choose “Allow” on the consent page.",
            )],
        ),
        "unmet_authentication_requirements" => (
            "level-too-low",
            frame.t("身份等级不够", "Your identity level is too low"),
            frame.t(
                "办理本业务需要现场核验过的身份（等级 3），您的账号还没有达到。",
                "This service needs an identity verified in person (level 3), which your account does not have yet.",
            ),
            how_to_rise(frame),
        ),
        "login_required" | "interaction_required" | "consent_required" => (
            "login-required",
            frame.t("需要您亲自操作", "You are needed for this"),
            frame.t("统一身份认证服务需要您登录或确认。", "The identity service needs you to sign in or to confirm."),
            vec![frame.t("请重新登录。", "Please sign in again.")],
        ),
        "temporarily_unavailable" | "server_error" => (
            "unreachable",
            frame.t("统一身份认证服务繁忙", "The identity service is busy"),
            frame.t("这次登录没有完成，您的账号没有任何变化。", "The sign-in was not completed. Nothing about your account has changed."),
            vec![frame.t("请过一两分钟再试。", "Please try again in a minute or two."), help_line(frame)],
        ),
        _ => (
            "login-refused",
            frame.t("登录没有完成", "The sign-in was not completed"),
            frame.t(
                "统一身份认证服务拒绝了本系统的请求。",
                "The unified identity service refused this system's request.",
            ),
            vec![
                frame.t("请重新登录一次。", "Please sign in once more."),
                frame.t(
                    "若再次出现，请把下面的代码告诉本系统的运维人员。",
                    "If it happens again, tell the operators of this system the code below.",
                ),
            ],
        ),
    }
}

fn how_to_rise(frame: &Frame) -> Vec<&'static str> {
    vec![
        frame.t(
            "带上身份证件，到任一政务大厅窗口做一次现场核验；在统一身份认证服务中可以先预填，拿到编号和二维码。",
            "Go to any government hall window with your identity document; the identity service lets you pre-enrol and gives you a code and a QR to bring.",
        ),
        frame.t(
            "核验一次即可，之后所有部门都认可。",
            "Once is enough: every department will know it afterwards.",
        ),
        help_line(frame),
    ]
}

pub fn help_line(frame: &Frame) -> &'static str {
    frame.t("也可拨打 12345 政务服务热线。", "You can also call the help line 12345.")
}

/// Foreign text at a length that cannot flood a page.
pub fn shortened(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}
