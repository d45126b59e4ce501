//! What the scopes are called before a citizen.

use crate::base::Locale;

/// Names and descriptions of scopes.
#[derive(Debug, Clone, Copy)]
pub struct Scopes(pub Locale);

impl Scopes {
    /// A short name; none for a scope that has no words of its own.
    pub fn name(self, scope: &str) -> Option<&'static str> {
        self.words(scope).map(|words| self.0.pick(words.0, words.1))
    }

    /// What exactly is handed over, in one sentence.
    pub fn description(self, scope: &str) -> Option<&'static str> {
        self.words(scope).map(|words| self.0.pick(words.2, words.3))
    }

    #[rustfmt::skip]
    fn words(self, scope: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
        Some(match scope {
            "openid" => ("登录身份", "That it is you",
                "只对该系统有效的编号，其他系统无法用它认出您。", "A number for this system only; other systems cannot recognise you by it."),
            "profile" => ("基本信息", "Name and basic details",
                "姓名、性别、出生日期。", "Your name, sex and date of birth."),
            "phone" => ("手机号", "Phone number",
                "您登记的手机号。", "The phone number on your account."),
            "email" => ("电子邮箱", "E-mail address",
                "您登记的电子邮箱。", "The e-mail address on your account."),
            "address" => ("地址", "Address",
                "您登记的地址。", "The address on your account."),
            "real_name" => ("实名等级", "Level of assurance",
                "核验等级、核验时间和方式。", "How sure we are of you, when and how you were verified."),
            "id_number" => ("证件号码", "Document number",
                "证件类型和完整号码，每次提供都会单独记录。", "Kind and full number of your document. Each time is recorded."),
            "enterprise" => ("代表的企业", "Enterprise you act for",
                "企业名称、统一社会信用代码和您的身份。", "Its name, its credit code and your role in it."),
            "offline_access" => ("保持授权", "Stay connected",
                "您离开后，在有效期内仍可使用以上信息。", "It may use the above while you are away, until the consent ends."),
            _ => return None,
        })
    }
}
