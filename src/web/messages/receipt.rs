//! Texts of the public receipt page and of the simulated card reader.

messages! {
    Receipt {
        title: "核验回执" | "Verification receipt",
        valid: "这张回执有效" | "This receipt is valid",
        valid_text: "由市统一身份认证服务签发，内容未被改动。" | "Issued by the city’s identity service and unaltered.",
        repudiated: "这张回执已被撤销" | "This receipt has been revoked",
        repudiated_text: "本人已表示不是自己办理，请勿采信。" | "The person has said it was not them. Do not rely on it.",
        broken: "这张回执无法验证" | "This receipt cannot be verified",
        broken_text: "签名不符，请勿采信。" | "The signature does not fit. Do not rely on it.",
        unknown: "没有这张回执" | "There is no such receipt",
        unknown_text: "请检查编号，或重新扫描回执单上的二维码。" | "Check the number, or scan the code on the slip again.",
        id: "回执编号" | "Receipt",
        level: "核验等级" | "Level",
        at: "核验时间" | "When",
        hall: "核验地点" | "Where",
        evidence: "证据摘要" | "Evidence hash",
        evidence_hint: "SHA-256，不含个人信息" | "SHA-256, without personal data",
        signature: "签名" | "Signature",
        signature_ok: "有效" | "Valid",
        signature_bad: "无效" | "Not valid",
        no_person: "为保护隐私，这里不显示姓名和证件号码。" | "To protect privacy, no name or document number is shown here.",
        not_me: "不是本人办理的，请拨打 12345。" | "If this was not you, call 12345.",
    }
    Reader {
        title: "模拟读卡器" | "Simulated card reader",
        lead: "测试环境用。选一张样例证件放上去，窗口工作台读到的就是它。" | "For the test environment. Choose the sample card that lies on the reader; the window desk reads it.",
        cards: "样例证件" | "Sample cards",
        nothing: "不放证件" | "No card",
        lies: "现在在读卡器上" | "on the reader now",
        submit: "放上去" | "Lay it on",
        done: "已放好，可以到窗口工作台读卡。" | "Done. The window desk can read it now.",
        cleared: "读卡器上没有证件了。" | "The reader is empty now.",
        empty: "没有样例证件" | "No sample cards",
        empty_text: "请先用 tongyao apply 载入样例人员。" | "Load sample people with tongyao apply first.",
    }
}
