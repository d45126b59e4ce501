//! Why a department asks for an item, in the words of the service.

messages! {
    Words {
        profile: "称呼您，并填写办事表单。" | "To address you and fill in its forms.",
        phone: "办事进度需要时与您联系。" | "To reach you about your matter.",
        email: "向您发送办事结果。" | "To send you the result of your matter.",
        address: "寄送证照或核对管辖范围。" | "To send you documents or find the office in charge.",
        real_name: "确认是您本人。" | "To be sure that it is really you.",
        id_number: "法律规定办理此事项必须登记证件号码。" | "The law asks for the document number in this matter.",
        enterprise: "确认您代表哪家企业办事。" | "To know which enterprise you act for.",
        offline_access: "在您离开后继续处理您提交的事项。" | "To go on with your matter after you have left.",
        other: "办理您选择的事项。" | "For the matter you have chosen.",
    }
}

/// The reason for each scope.
#[derive(Debug, Clone, Copy)]
pub struct Why(pub crate::base::Locale);

impl Why {
    pub fn of(self, scope: &str) -> &'static str {
        let words = Words(self.0);
        match scope {
            "profile" => words.profile(),
            "phone" => words.phone(),
            "email" => words.email(),
            "address" => words.address(),
            "real_name" => words.real_name(),
            "id_number" => words.id_number(),
            "enterprise" => words.enterprise(),
            "offline_access" => words.offline_access(),
            _ => words.other(),
        }
    }
}
