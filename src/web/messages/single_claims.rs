//! What single claims are called before a citizen: each says what it hands over and no more.

messages! {
    /// Names, and what exactly is handed over.
    SingleClaims {
        name: "姓名" | "Your name",
        name_text: "您的姓名，不含其他信息。" | "Your name and nothing else.",
        part_of_name: "姓名的一部分" | "A part of your name",
        part_of_name_text: "您的姓或者名，不含其他信息。" | "Your family name or your given name, and nothing else.",
        gender: "性别" | "Your sex",
        gender_text: "您的性别，不含其他信息。" | "Your sex and nothing else.",
        birthdate: "出生日期" | "Your date of birth",
        birthdate_text: "您的出生日期，不含其他信息。" | "Your date of birth and nothing else.",
        updated_at: "资料更新时间" | "When your details last changed",
        updated_at_text: "您的资料最近一次更新的时间，不含资料本身。" | "The time of the last change, not the details.",
        detail: "一项基本信息" | "One of your basic details",
        detail_text: "您账户中的这一项信息（如有）。" | "This detail of your account, if there is one.",
        phone_verified: "手机号是否已验证" | "Whether your phone number is verified",
        phone_verified_text: "只说是或否，不含号码。" | "Yes or no, without the number.",
        email_verified: "电子邮箱是否已验证" | "Whether your e-mail address is verified",
        email_verified_text: "只说是或否，不含邮箱地址。" | "Yes or no, without the address.",
        loa: "实名等级" | "Your level of assurance",
        loa_text: "您当前的核验等级。" | "How sure we are of you.",
        loa_reached_at: "核验时间" | "When you were verified",
        loa_reached_at_text: "您达到当前等级的时间。" | "When you reached your level.",
        loa_reached_by: "核验方式" | "How you were verified",
        loa_reached_by_text: "您达到当前等级的方式。" | "How you reached your level.",
        id_type: "证件类型" | "The kind of your document",
        id_type_text: "您用哪一种证件，不含号码。" | "Which kind it is, without its number.",
        id_number: "证件号码" | "Your document number",
        id_number_text: "完整号码，每次提供都会单独记录。" | "The full number. Each time is recorded.",
    }
}

impl SingleClaims {
    /// The name and the description; none where the words of the claim's scope say the same.
    pub fn words(self, claim: &str) -> Option<(&'static str, &'static str)> {
        Some(match claim {
            "name" => (self.name(), self.name_text()),
            "family_name" | "given_name" | "middle_name" => (self.part_of_name(), self.part_of_name_text()),
            "gender" => (self.gender(), self.gender_text()),
            "birthdate" => (self.birthdate(), self.birthdate_text()),
            "updated_at" => (self.updated_at(), self.updated_at_text()),
            "phone_number_verified" => (self.phone_verified(), self.phone_verified_text()),
            "email_verified" => (self.email_verified(), self.email_verified_text()),
            "loa" => (self.loa(), self.loa_text()),
            "loa_reached_at" => (self.loa_reached_at(), self.loa_reached_at_text()),
            "loa_reached_by" => (self.loa_reached_by(), self.loa_reached_by_text()),
            "id_type" => (self.id_type(), self.id_type_text()),
            "id_number" => (self.id_number(), self.id_number_text()),
            "phone_number" | "email" | "address" => return None,
            _ => (self.detail(), self.detail_text()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locale;
    use crate::grant::claims;

    #[test]
    fn what_is_said_of_a_claim_is_not_what_its_whole_scope_gives() {
        for claim in claims::supported() {
            let alone = matches!(claim, "phone_number" | "email" | "address");
            for locale in Locale::ALL {
                let words = SingleClaims(locale).words(claim);
                assert_eq!(words.is_none(), alone, "{claim}");
                assert!(words.is_none_or(|(name, text)| !name.contains('_') && !text.contains('_')));
            }
        }
    }
}
