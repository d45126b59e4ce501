//! Texts of the sign-in page.

messages! {
    SignIn {
        title: "登录" | "Sign in",
        asks(service): "登录后将返回“{service}”" | "You will return to {service} afterwards",
        why_again: "为保护您的账号，请再输入一次密码。" | "To protect your account, enter your password again.",
        tabs: "账号类型" | "Kind of account",
        personal: "个人登录" | "Personal",
        enterprise: "法人登录" | "Enterprise",
        enterprise_text: "目前还不能以企业身份办事。法定代表人、管理员和经办人请用本人的账号登录，办理个人事项。"
            | "You cannot act for an enterprise here yet. Legal representatives, administrators and agents sign in as themselves, for their own matters.",
        username: "证件号码、手机号或登录名" | "ID number, phone number or login name",
        username_hint: "身份证号末位的 X 不分大小写；护照请填“国家代码 空格 号码”，例如 BRA G87654321"
            | "An X at the end may be a capital or a small letter. For a passport: country code, space, number, as in BRA G87654321",
        password: "密码" | "Password",
        submit: "登录" | "Sign in",
        cancel_to(service): "取消，返回“{service}”" | "Cancel and return to {service}",
        have_code: "在窗口拿到了续办码？" | "Do you have a continuation code from a window? ",
        register: "用续办码开通账号" | "Create your account with the code",
        forgot: "忘记密码？" | "Forgotten your password? ",
        forgot_link: "看看还能怎么办" | "See what you can do",
        no_username: "请输入证件号码、手机号或登录名" | "Enter your ID number, phone number or login name",
        no_password: "请输入密码" | "Enter your password",
        wrong: "账号或密码不正确，请检查后再试" | "The account or the password is not right. Check both and try again",
        too_many(wait): "尝试次数过多，请等待 {wait}再试" | "Too many tries. Wait {wait} and try again",
        busy: "现在登录的人较多，请稍后再试" | "Many people are signing in right now. Try again in a moment",
        expired: "页面停留时间过长，请重新登录" | "You were on this page for a long time. Sign in again",
    }
}
