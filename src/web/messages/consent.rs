//! Texts of the consent page.

messages! {
    Consent {
        title(client): "允许“{client}”使用以下信息吗？" | "Allow {client} to use this information?",
        who: "申请方" | "Asked by",
        department: "所属部门" | "Department",
        person: "您的身份" | "You are",
        items: "申请使用的信息" | "Information asked for",
        why: "用途：" | "Why: ",
        required: "必需" | "Required",
        optional: "可不选" | "You may decline",
        until: "授权有效期至" | "Your consent lasts until",
        lasts: "授权期限" | "Your consent lasts",
        once: "仅这一次，下次会再问您" | "This time only. Next time you are asked again",
        withdraw: "您可以随时在“我的账号 · 授权管理”中撤回。" | "You can withdraw it at any time under My account, Consents.",
        promise: "本服务只提供您同意的信息，每次提供都会记录，您可以查看。"
            | "Only what you allow is handed over. Each time is recorded, and you can see it.",
        allow: "同意并继续" | "Allow and continue",
        deny: "不同意" | "Do not allow",
    }
}
