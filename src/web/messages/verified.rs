//! What verified items are called before a citizen.

messages! {
    /// Names, and what exactly is handed over.
    Verified {
        name: "已核验的姓名" | "Your name, as verified",
        name_text: "证件上的姓名，并说明已经核验。" | "The name on your document, and that it has been verified.",
        birthdate: "已核验的出生日期" | "Your date of birth, as verified",
        birthdate_text: "证件上的出生日期，并说明已经核验。" | "The date on your document, and that it has been verified.",
        gender: "已核验的性别" | "Your sex, as verified",
        gender_text: "证件上的性别，并说明已经核验。" | "As your document says, and that it has been verified.",
        id_type: "已核验的证件类型" | "The kind of your document, as verified",
        id_type_text: "您用哪一种证件核验。" | "Which kind of document you were verified with.",
        id_number: "已核验的证件号码" | "Your document number, as verified",
        id_number_text: "证件上的完整号码，每次提供都会单独记录。" | "The full number on your document. Each time is recorded.",
        address: "已核验的地址" | "Your address, as verified",
        other: "已核验的其他证件信息" | "Other details of your document, as verified",
        other_text: "证件上的这一项信息，并说明已经核验。" | "This detail of your document, and that it has been verified.",
        how: "核验的时间和方式" | "When and how you were verified",
        how_text: "何时、由哪个部门、用哪种证件、怎样核验，以及证件的签发机关和有效期。不含照片和工作人员信息。"
            | "When, by which department, with which document and how; its issuer and dates. No picture, and nobody of the staff.",
        why: "按规定须留存核验依据。" | "It must keep on file what your identity rests on.",
    }
}

impl Verified {
    /// The name and the description of an item such as `verified:name`; none for other items.
    pub fn words(self, item: &str) -> Option<(&'static str, &'static str)> {
        Some(match item.strip_prefix("verified:")? {
            "name" | "given_name" | "family_name" | "middle_name" => (self.name(), self.name_text()),
            "birthdate" => (self.birthdate(), self.birthdate_text()),
            "gender" => (self.gender(), self.gender_text()),
            "id_type" => (self.id_type(), self.id_type_text()),
            "id_number" => (self.id_number(), self.id_number_text()),
            "address" => (self.address(), self.other_text()),
            "how" => (self.how(), self.how_text()),
            _ => (self.other(), self.other_text()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locale;
    use crate::grant::verified;

    #[test]
    fn every_item_is_told_in_plain_words() {
        let items = verified::supported(verified::People::Samples)
            .map(|claim| format!("{}{claim}", verified::PREFIX))
            .chain([verified::HOW.to_owned()]);
        for item in items {
            for locale in Locale::ALL {
                let (name, text) = Verified(locale).words(&item).unwrap();
                assert!(!name.contains('_') && !text.contains('_'), "{item}");
            }
        }
        assert_eq!(Verified(Locale::En).words("name"), None);
    }
}
