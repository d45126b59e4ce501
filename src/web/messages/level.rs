//! What the levels of assurance are called.

use std::borrow::Borrow;

use crate::base::Locale;

/// Names of the levels 0 to 3.
#[derive(Debug, Clone, Copy)]
pub struct Level(pub Locale);

impl Level {
    /// `3 级 · 现场核验`
    pub fn full(self, level: impl Borrow<u8>) -> String {
        let level = *level.borrow();
        match self.0 {
            Locale::ZhCn => format!("{level} 级 · {}", self.name(level)),
            Locale::En => format!("Level {level}: {}", self.name(level)),
        }
    }

    pub fn name(self, level: impl Borrow<u8>) -> &'static str {
        match level.borrow() {
            0 => self.0.pick("自行填写", "stated by you"),
            1 => self.0.pick("信息核对", "details matched"),
            2 => self.0.pick("实人核验", "real person checked"),
            _ => self.0.pick("现场核验", "verified in person"),
        }
    }

    /// One sentence: how this level is reached.
    pub fn meaning(self, level: impl Borrow<u8>) -> &'static str {
        match level.borrow() {
            0 => self.0.pick("只留了手机号或登录名。", "Only a phone number or a login name is known."),
            1 => self
                .0
                .pick("姓名和证件号码与登记信息一致。", "Name and document number agree with the registry."),
            2 => self.0.pick(
                "经人脸比对，确认是本人在操作。",
                "A live face was compared with the registry’s photo.",
            ),
            _ => self.0.pick(
                "本人持证件原件，在政务大厅窗口当面核验。",
                "You came to a window with the original document and a clerk checked it.",
            ),
        }
    }
}
