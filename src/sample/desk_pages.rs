//! The pages of the hotline's desk, filled from templates.

use askama::Template;
use http::StatusCode;

use super::backchannel::NotTaken;
use super::call::{self, Call, Ending, Matter, Rejection, Waiting};
use super::pages::{self, Frame, shortened};
use super::person::{ClaimRow, Person};
use super::system::level_meaning;
use crate::base::{Locale, Secret, Timestamp};

/// What stands in the form; shown again where nobody was asked.
pub struct Typed {
    pub login_hint: Secret,
    pub matter: Option<Matter>,
}

/// Why nobody was asked.
#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    NobodyNamed,
    NoMatter,
    NotTaken(NotTaken),
}

#[derive(Template)]
#[template(path = "sample/hotline_ask.html")]
pub struct AskPage<'a> {
    pub frame: Frame<'a>,
    /// Makes this form one of its kind.
    pub form: String,
    pub typed: Typed,
    pub problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "sample/hotline_waiting.html")]
pub struct WaitingPage<'a> {
    pub frame: Frame<'a>,
    pub call: &'a Call,
    pub waiting: &'a Waiting,
    pub now: Timestamp,
}

#[derive(Template)]
#[template(path = "sample/hotline_caller.html")]
pub struct CallerPage<'a> {
    pub frame: Frame<'a>,
    pub call: &'a Call,
    pub person: &'a Person,
}

#[derive(Template)]
#[template(path = "sample/hotline_over.html")]
pub struct OverPage<'a> {
    pub frame: Frame<'a>,
    pub call: &'a Call,
    pub ending: &'a Ending,
}

impl Typed {
    pub fn nothing() -> Self {
        Self { login_hint: Secret::new(""), matter: Some(Matter::Card) }
    }
}

impl AskPage<'_> {
    pub fn status(&self) -> StatusCode {
        match &self.problem {
            None => StatusCode::OK,
            Some(Problem::NobodyNamed | Problem::NoMatter) => StatusCode::UNPROCESSABLE_ENTITY,
            Some(Problem::NotTaken(why)) => match why {
                NotTaken::UnknownPerson => StatusCode::UNPROCESSABLE_ENTITY,
                NotTaken::Busy => StatusCode::TOO_MANY_REQUESTS,
                NotTaken::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
                NotTaken::Rejected(_) => StatusCode::BAD_GATEWAY,
            },
        }
    }

    fn matters(&self) -> [Matter; 3] {
        Matter::ALL
    }

    fn name_of(&self, matter: &Matter) -> &'static str {
        matter.name(self.frame.locale)
    }

    fn is_chosen(&self, matter: &Matter) -> bool {
        self.typed.matter == Some(*matter)
    }

    /// Whether the input itself is to be typed again.
    fn is_mistyped(&self) -> bool {
        matches!(self.problem, Some(Problem::NobodyNamed | Problem::NotTaken(NotTaken::UnknownPerson)))
    }

    /// Said above the form: a title and what to do.
    fn said(&self) -> Option<(&'static str, &'static str)> {
        let t = |zh, en| self.frame.locale.pick(zh, en);
        Some(match self.problem.as_ref()? {
            Problem::NobodyNamed => (
                t("请填写来电人是谁", "Say who is calling"),
                t(
                    "填登录名、手机号或身份证号，填一项即可。",
                    "Type the login name, phone number or ID number; one of them is enough.",
                ),
            ),
            Problem::NoMatter => (
                t("请选择来电事由", "Choose why they are calling"),
                t("事由会显示在来电人的确认页上。", "The caller sees it on the page where they answer."),
            ),
            Problem::NotTaken(NotTaken::UnknownPerson) => (
                t("没有找到这个人", "Nobody is found under this"),
                t(
                    "请与来电人核对后重填。也可能来电人还没有统一身份账号。",
                    "Check it with the caller and type it again. They may also have no unified identity yet.",
                ),
            ),
            Problem::NotTaken(NotTaken::Busy) => (
                t("询问太频繁，请稍候", "Too many questions, please wait"),
                t(
                    "这位来电人还有未答复的询问，或短时间内查无此人的次数太多。过几分钟再试。",
                    "This caller still has questions to answer, or too many people could not be found lately. Try again in a few minutes.",
                ),
            ),
            Problem::NotTaken(NotTaken::Unreachable) => (
                t("暂时无法连接统一身份认证服务", "The identity service cannot be reached"),
                t(
                    "没有向来电人发出询问。请过一两分钟再试。",
                    "The caller was not asked. Please try again in a minute or two.",
                ),
            ),
            Problem::NotTaken(NotTaken::Rejected(_)) => (
                t("统一身份认证服务没有接受询问", "The identity service did not take the question"),
                t(
                    "没有向来电人发出询问。请把下面的代码告诉热线系统的运维人员。",
                    "The caller was not asked. Tell the operators of the hotline's system the code below.",
                ),
            ),
        })
    }

    fn detail(&self) -> Option<String> {
        match self.problem.as_ref()? {
            Problem::NotTaken(NotTaken::Rejected(rejection)) => Some(coded(rejection)),
            _ => None,
        }
    }
}

impl WaitingPage<'_> {
    fn matter(&self) -> &'static str {
        self.call.matter.name(self.frame.locale)
    }

    /// When the page looks again by itself: as soon as the service may be asked, and not before.
    fn refresh(&self) -> u64 {
        self.waiting.pace.seconds_left(self.now)
    }

    fn lasts(&self) -> u64 {
        self.waiting.until.since(self.call.asked_at).as_secs()
    }

    fn seconds_left(&self) -> u64 {
        call::seconds_up(self.waiting.until.since(self.now))
    }

    fn time_left(&self) -> String {
        let (minutes, seconds) = (self.seconds_left() / 60, self.seconds_left() % 60);
        match self.frame.locale {
            Locale::ZhCn => format!("{minutes} 分 {seconds:02} 秒"),
            Locale::En => format!("{minutes} min {seconds:02} s"),
        }
    }

    fn interval(&self) -> u64 {
        self.waiting.pace.interval().as_secs()
    }
}

impl CallerPage<'_> {
    fn matter(&self) -> &'static str {
        self.call.matter.name(self.frame.locale)
    }

    fn name(&self) -> &str {
        self.person.name().unwrap_or_else(|| self.frame.t("（未提供姓名）", "(no name given)"))
    }

    fn level_meaning(&self) -> &'static str {
        self.person.level().map_or("", |level| level_meaning(level, self.frame.locale))
    }

    fn reached_by(&self) -> Option<String> {
        pages::reached_by(self.person, self.frame.locale)
    }

    fn rows(&self) -> Vec<ClaimRow> {
        self.person.rows()
    }
}

impl OverPage<'_> {
    fn matter(&self) -> &'static str {
        self.call.matter.name(self.frame.locale)
    }

    /// `data-page` of the page.
    fn kind(&self) -> &'static str {
        match self.ending {
            Ending::Denied => "hotline-denied",
            Ending::Expired => "hotline-expired",
            Ending::LevelUnmet => "hotline-level",
            Ending::Rejected(_) => "hotline-refused",
            Ending::Lost => "hotline-unreachable",
        }
    }

    fn title(&self) -> &'static str {
        let t = |zh, en| self.frame.locale.pick(zh, en);
        match self.ending {
            Ending::Denied => t("来电人没有同意", "The caller said no"),
            Ending::Expired => t("来电人没有在时限内答复", "The caller did not answer in time"),
            Ending::LevelUnmet => t("来电人的身份等级不够", "The caller's identity level is too low"),
            Ending::Rejected(_) => t("没有得到可信的答复", "No answer to be trusted came"),
            Ending::Lost => t("暂时无法连接统一身份认证服务", "The identity service cannot be reached"),
        }
    }

    fn said(&self) -> &'static str {
        let t = |zh, en| self.frame.locale.pick(zh, en);
        match self.ending {
            Ending::Denied => t(
                "来电人在统一身份认证服务上选择了“不同意”。热线没有得到任何个人信息。",
                "They chose “Do not allow” at the identity service. The hotline was told nothing about them.",
            ),
            Ending::Expired => t(
                "询问已经失效，热线没有得到任何个人信息。",
                "The question has run out. The hotline was told nothing about them.",
            ),
            Ending::LevelUnmet => {
                t("这件事需要更高的身份等级。", "This matter needs a higher identity level.")
            }
            Ending::Rejected(_) => t(
                "为了来电人的安全，本页不显示未通过校验的结果。",
                "For the caller's safety, nothing that failed our checks is shown.",
            ),
            Ending::Lost => t(
                "来电人已经答复，但结果没有取完整，需要重新询问。",
                "The caller has answered, but the result did not arrive whole. Please ask again.",
            ),
        }
    }

    fn advice(&self) -> Vec<&'static str> {
        let t = |zh, en| self.frame.locale.pick(zh, en);
        let public_only = t(
            "身份未确认：只答复公开的办事指南，不查询、不透露任何个人信息。",
            "The caller is not known: explain public rules only, and neither look up nor tell personal details.",
        );
        match self.ending {
            Ending::Denied => vec![
                public_only,
                t(
                    "如果来电人说没有收到询问，可能有人冒用了别人的账号来电，请按规定上报。",
                    "If the caller says that nothing arrived, somebody may be calling in another person's name: report it.",
                ),
            ],
            Ending::Expired => vec![
                t(
                    "请来电人打开统一身份“我的账号”里的“待我确认”，然后重新询问。",
                    "Ask the caller to open “To confirm” in “My account” of the identity service, then ask again.",
                ),
                public_only,
            ],
            Ending::LevelUnmet => vec![
                t(
                    "请来电人带身份证件到任一政务大厅窗口核验一次。",
                    "Ask the caller to go to any government hall window once, with their identity document.",
                ),
                public_only,
            ],
            Ending::Rejected(_) => vec![
                public_only,
                t(
                    "请把下面的代码告诉热线系统的运维人员。",
                    "Tell the operators of the hotline's system the code below.",
                ),
            ],
            Ending::Lost => vec![t("请过一两分钟再试。", "Please try again in a minute or two.")],
        }
    }

    fn detail(&self) -> Option<String> {
        match self.ending {
            Ending::Rejected(rejection) => Some(coded(rejection)),
            _ => None,
        }
    }
}

/// For engineers: what the specifications call it.
fn coded(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Refused { error, description: Some(description) } => {
            format!("{}: {}", shortened(error, 60), shortened(description, 300))
        }
        Rejection::Refused { error, description: None } => shortened(error, 60),
        Rejection::Unsound(check) => format!("check_failed: {check}"),
    }
}
