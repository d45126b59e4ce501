//! Why a confirmation at the window is refused, as the citizen reads it.

use crate::base::Locale;

/// Why a confirmation is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingRefusal {
    /// No window waits, or a newer offer has replaced this one.
    NoOffer,
    Expired,
    /// Not two digits; no try is used up.
    NotANumber,
    WrongNumber {
        tries_left: i64,
    },
    /// Three wrong numbers.
    Ended,
    AnotherPerson,
}

impl BindingRefusal {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            BindingRefusal::NoOffer => locale.pick(
                "窗口没有等待您确认。请让工作人员重新显示二维码。",
                "No window is waiting for you. Ask the clerk to show the QR code again.",
            ),
            BindingRefusal::Expired => locale.pick(
                "确认时间已过，请让工作人员重新显示二维码。",
                "The time for this confirmation is over. Ask the clerk to show the QR code again.",
            ),
            BindingRefusal::NotANumber => {
                locale.pick("请输入窗口屏幕上的两位数字。", "Enter the two digits on the clerk's screen.")
            }
            // How many tries are left stands beside the field.
            BindingRefusal::WrongNumber { .. } => {
                locale.pick("数字不正确，请看窗口的屏幕。", "That is not the number on the clerk's screen.")
            }
            BindingRefusal::Ended => locale.pick(
                "数字已输错 3 次，请让工作人员重新显示二维码。",
                "Three wrong numbers. Ask the clerk to show the QR code again.",
            ),
            BindingRefusal::AnotherPerson => locale.pick(
                "您登录的账号不属于窗口核验的人，不能绑定。请用本人账号登录。",
                "The account you are signed in with is not that of the person at the window. Sign in with your own.",
            ),
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            BindingRefusal::NoOffer => "no_offer",
            BindingRefusal::Expired => "expired",
            BindingRefusal::NotANumber => "not_a_number",
            BindingRefusal::WrongNumber { .. } => "wrong_number",
            BindingRefusal::Ended => "ended",
            BindingRefusal::AnotherPerson => "another_person",
        }
    }
}
