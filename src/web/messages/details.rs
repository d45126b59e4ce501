//! What authorization details are called before a citizen.

use crate::base::Locale;
use crate::protocol::authorization_details::{Action, DataType, Detail, DetailType};

messages! {
    Words {
        numbered(number): "编号 {number}" | "number {number}",
        at(place): "仅限 {place}" | "only at {place}",
    }
}

/// Names and descriptions of details.
#[derive(Debug, Clone, Copy)]
pub struct Detailed(pub Locale);

impl Detailed {
    /// The kind of thing, in a few words.
    pub fn name(self, detail: &Detail) -> String {
        match detail.kind {
            DetailType::GovData => self.0.pick("政务数据", "Government records"),
            DetailType::ELicence => self.0.pick("电子证照", "Electronic licences"),
            DetailType::Matter => self.0.pick("代您办理事项", "A matter in your name"),
        }
        .to_owned()
    }

    /// What exactly is allowed, in one sentence.
    pub fn what(self, detail: &Detail) -> String {
        let actions: Vec<&str> = detail.actions.iter().map(|action| self.action(*action)).collect();
        let mut parts = Vec::new();
        if !detail.datatypes.is_empty() {
            let data: Vec<&str> = detail.datatypes.iter().map(|data| self.data(*data)).collect();
            parts.push(data.join(self.0.pick("、", ", ")));
        }
        if let Some(number) = &detail.identifier {
            parts.push(Words(self.0).numbered(number));
        }
        parts.extend(detail.locations.iter().map(|place| Words(self.0).at(place)));
        let (actions, parts) = (actions.join(self.0.pick("、", ", ")), parts.join(self.0.pick("，", ", ")));
        match self.0 {
            Locale::ZhCn => format!("{actions}：{parts}。"),
            Locale::En => format!("{actions}: {parts}."),
        }
    }

    fn action(self, action: Action) -> &'static str {
        match action {
            Action::Read => self.0.pick("查看", "See"),
            Action::Verify => self.0.pick("核对", "Check"),
            Action::Download => self.0.pick("下载", "Download"),
            Action::Submit => self.0.pick("提交", "Submit"),
            Action::Query => self.0.pick("查询进度", "Follow"),
            Action::Withdraw => self.0.pick("撤回", "Withdraw"),
        }
    }

    fn data(self, data: DataType) -> &'static str {
        match data {
            DataType::Household => self.0.pick("户籍", "household register"),
            DataType::Marriage => self.0.pick("婚姻登记", "marriage register"),
            DataType::Education => self.0.pick("学历学籍", "education"),
            DataType::SocialInsurance => self.0.pick("社会保险", "social insurance"),
            DataType::HousingFund => self.0.pick("住房公积金", "housing fund"),
            DataType::Tax => self.0.pick("纳税", "tax"),
            DataType::RealEstate => self.0.pick("不动产", "real estate"),
            DataType::Vehicle => self.0.pick("机动车", "vehicles"),
            DataType::Medical => self.0.pick("医疗", "medical care"),
            DataType::ResidentId => self.0.pick("居民身份证", "resident ID card"),
            DataType::DrivingLicence => self.0.pick("驾驶证", "driving licence"),
            DataType::VehicleLicence => self.0.pick("行驶证", "vehicle licence"),
            DataType::BusinessLicence => self.0.pick("营业执照", "business licence"),
            DataType::MarriageCertificate => self.0.pick("结婚证", "marriage certificate"),
            DataType::PropertyCertificate => self.0.pick("不动产权证书", "property certificate"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Details;

    #[test]
    fn says_what_is_allowed_in_both_languages() {
        let text = r#"[{"type":"gov_data","locations":["https://data.example/"],"actions":["read","verify"],
            "datatypes":["social_insurance","tax"],"identifier":"r1"}]"#;
        let details: Details = text.parse().unwrap();
        let detail = details.iter().next().unwrap();
        assert_eq!(Detailed(Locale::ZhCn).name(detail), "政务数据");
        assert_eq!(
            Detailed(Locale::ZhCn).what(detail),
            "查看、核对：社会保险、纳税，编号 r1，仅限 https://data.example/。"
        );
        assert_eq!(
            Detailed(Locale::En).what(detail),
            "See, Check: social insurance, tax, number r1, only at https://data.example/."
        );
    }
}
