//! What can be wrong with a document as typed, said so that the person knows what to do; never with the number in it.

use std::fmt;

use super::id_type::IdType;
use crate::base::Locale;

/// Why a document is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentProblem {
    /// Nothing but spaces.
    Empty,
    /// Longer than any number can be.
    TooLong,
    /// Not the length or the characters of this kind.
    Form(IdType),
    /// A 15-digit resident number of before 1999; it serves to search, not to identify.
    OldNumber,
    /// The number starts with no province.
    Area,
    /// The birth date inside is not in the calendar.
    BirthDate,
    /// The birth date inside is later than today.
    BirthInFuture,
    /// The last character does not follow from the others (ISO 7064 MOD 11-2).
    CheckCharacter,
    /// A good number, but of this other kind of document.
    OtherKind(IdType),
    /// A good unified social credit code, which names an enterprise.
    EnterpriseCode,
    /// A passport without its country.
    CountryMissing,
    /// Not a code of ISO 3166-1 or ICAO Doc 9303.
    CountryUnknown,
}

impl DocumentProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        use DocumentProblem as P;
        match self {
            P::Empty => locale.pick("请输入证件号码。", "Enter the document number."),
            P::TooLong => locale.pick(
                "输入的内容太长，请只输入证件号码。",
                "That is too long. Enter the document number only.",
            ),
            P::Form(kind) => form(kind, locale),
            P::OldNumber => locale.pick(
                "15 位号码已停止使用，请输入第二代身份证上的 18 位号码。",
                "15-digit numbers are no longer used. Enter the 18 characters on the current card.",
            ),
            P::Area => locale.pick(
                "号码开头的地区代码不存在，请核对前 6 位。",
                "The area code at the start does not exist. Check the first 6 digits.",
            ),
            P::BirthDate => locale.pick(
                "号码中的出生日期不存在，请核对第 7 至 14 位。",
                "The birth date in the number is not in the calendar. Check digits 7 to 14.",
            ),
            P::BirthInFuture => locale.pick(
                "号码中的出生日期晚于今天，请核对第 7 至 14 位。",
                "The birth date in the number is later than today. Check digits 7 to 14.",
            ),
            P::CheckCharacter => locale.pick(
                "最后一位与前面的数字对不上，请对照证件逐位核对，尤其是最后两位。",
                "The last digit does not match the others. Compare each digit with the card, digits 17 and 18 first.",
            ),
            P::OtherKind(kind) => other_kind(kind, locale),
            P::EnterpriseCode => locale.pick(
                "这是统一社会信用代码，属于企业或单位。请输入个人证件号码。",
                "This is a unified social credit code, which belongs to an organisation. Enter a person's number.",
            ),
            P::CountryMissing => {
                locale.pick("请输入护照的签发国家或地区。", "Enter the country that issued the passport.")
            }
            P::CountryUnknown => locale.pick(
                "无法识别签发国家或地区，请使用护照上的三位字母代码。",
                "That country is not known. Use the three-letter code printed in the passport.",
            ),
        }
    }
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for DocumentProblem {}

fn form(kind: IdType, locale: Locale) -> &'static str {
    match kind {
        IdType::ResidentId => locale.pick(
            "身份证号码应为 18 位：前 17 位是数字，最后一位是数字或 X。",
            "A resident number has 18 characters: 17 digits, then a digit or X.",
        ),
        IdType::ResidencePermitHk | IdType::ResidencePermitMo | IdType::ResidencePermitTw => locale.pick(
            "居住证号码应为 18 位：前 17 位是数字，最后一位是数字或 X。",
            "A residence permit number has 18 characters: 17 digits, then a digit or X.",
        ),
        IdType::ForeignPr => locale.pick(
            "外国人永久居留身份证号码应为 18 位，以 9 开头，最后一位是数字或 X。",
            "A permanent resident number has 18 characters: it starts with 9 and ends with a digit or X.",
        ),
        IdType::ForeignPrOld => locale.pick(
            "旧版外国人永久居留证号码应为 15 位：3 个字母和 12 位数字。",
            "The older permanent resident number has 15 characters: 3 letters, then 12 digits.",
        ),
        IdType::HkmoTravelPermit => locale.pick(
            "港澳居民来往内地通行证号码以 H 或 M 开头，后面是 8 位或 10 位数字。",
            "The travel permit number is H or M followed by 8 or 10 digits.",
        ),
        IdType::TwTravelPermit => locale.pick(
            "台湾居民来往大陆通行证号码应为 8 位或 10 位数字，末尾可带括号中的字母。",
            "The travel permit number has 8 or 10 digits; a letter in brackets may follow.",
        ),
        IdType::Passport => locale.pick(
            "护照号码应为 6 至 20 位字母和数字，不含其他符号。",
            "A passport number has 6 to 20 letters and digits and nothing else.",
        ),
    }
}

fn other_kind(kind: IdType, locale: Locale) -> &'static str {
    match kind {
        IdType::ResidencePermitHk => locale.pick(
            "这是香港居民居住证的号码，请选择对应的证件类型。",
            "This is the number of a Hong Kong residence permit. Choose that kind of document.",
        ),
        IdType::ResidencePermitMo => locale.pick(
            "这是澳门居民居住证的号码，请选择对应的证件类型。",
            "This is the number of a Macao residence permit. Choose that kind of document.",
        ),
        IdType::ResidencePermitTw => locale.pick(
            "这是台湾居民居住证的号码，请选择对应的证件类型。",
            "This is the number of a Taiwan residence permit. Choose that kind of document.",
        ),
        IdType::ForeignPr => locale.pick(
            "这是外国人永久居留身份证的号码，请选择对应的证件类型。",
            "This is the number of a foreign permanent residence card. Choose that kind of document.",
        ),
        IdType::ResidentId => locale.pick(
            "这是居民身份证的号码，请选择对应的证件类型。",
            "This is the number of a resident identity card. Choose that kind of document.",
        ),
        IdType::ForeignPrOld | IdType::HkmoTravelPermit | IdType::TwTravelPermit | IdType::Passport => locale
            .pick(
                "这是另一种证件的号码，请选择对应的证件类型。",
                "This is the number of another kind of document. Choose that kind.",
            ),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every problem there is, for tests that look at all messages.
    pub(crate) fn every_problem() -> Vec<DocumentProblem> {
        use DocumentProblem as P;
        let mut all = vec![
            P::Empty,
            P::TooLong,
            P::OldNumber,
            P::Area,
            P::BirthDate,
            P::BirthInFuture,
            P::CheckCharacter,
            P::EnterpriseCode,
            P::CountryMissing,
            P::CountryUnknown,
        ];
        all.extend(IdType::ALL.map(P::Form));
        all.extend(IdType::ALL.map(P::OtherKind));
        all
    }

    #[test]
    fn every_message_is_a_sentence_in_its_language() {
        for problem in every_problem() {
            let zh = problem.message(Locale::ZhCn);
            let en = problem.message(Locale::En);
            assert!(zh.ends_with('。') && zh.chars().any(|c| ('一'..='龥').contains(&c)), "{zh}");
            assert!(en.ends_with('.') && en.is_ascii(), "{en}");
        }
    }
}
