//! Texts of the pages that create an account.

messages! {
    Register {
        title: "用续办码开通账号" | "Create your account",
        lead: "您在窗口核验过身份，凭回执单上的续办码开通账号。开通后就是 3 级。"
            | "You have been verified at a window. With the code on your slip you create an account that is at level 3 from the start.",
        title_signed_in: "输入续办码" | "Enter the code on your slip",
        lead_signed_in: "您已登录。输入回执单上的续办码，窗口核验的结果就记入您的账号。"
            | "You are signed in. Enter the code, and what the window verified counts for your account.",
        title_kept: "把核验结果记入您的账号" | "Add the verification to your account",
        kept: "您已登录，续办码已经填好。点“下一步”，窗口核验的结果就记入您的账号。"
            | "You are signed in and your code is filled in. Press Next, and what the window verified counts for your account.",
        code: "续办码" | "Continuation code",
        code_hint: "印在窗口给您的回执单上，可以不输空格和横线" | "Printed on the slip from the window. Spaces and dashes do not matter",
        next: "下一步" | "Next",
        no_code_title: "没有续办码？" | "No code?",
        no_code: "请带有效证件原件到任意政务大厅窗口核验，当场发放。" | "Bring your original identity document to any government hall. You are verified and get one on the spot.",
        step(n): "第 {n} 步，共 2 步" | "Step {n} of 2",
        title_details: "设置登录方式" | "Choose how you sign in",
        person: "核验过的人" | "Verified person",
        document: "证件号码" | "Document",
        guardian: "本人未满 14 周岁：开通账号须经父母或其他监护人同意，请由监护人陪同办理。"
            | "This person is under 14: a parent or other guardian has to agree to the account. Create it together.",
        login_name: "登录名" | "Login name",
        login_name_hint: "4 到 32 个字母、数字或 . _ -，以字母开头" | "4 to 32 letters, digits or . _ -, beginning with a letter",
        phone: "手机号" | "Phone number",
        phone_hint: "用来登录和接收通知" | "To sign in with, and for notices",
        password: "密码" | "Password",
        password_hint: "8 到 64 个字符。一句好记的话比复杂的字符更安全" | "8 to 64 characters. A sentence you remember is safer than odd characters",
        password_again: "再输入一次密码" | "Password again",
        id_too: "不填也可以用证件号码登录。" | "You can always sign in with your ID number.",
        passport_too: "不填也可以用护照登录：请填“国家代码 空格 号码”，例如 BRA G87654321。"
            | "You can always sign in with your passport: country code, space, number, as in BRA G87654321.",
        submit: "开通账号" | "Create account",
        not_me: "这不是我" | "This is not me",
        code_wrong: "续办码不正确、已使用或已过期。如果刚刚用它开通了账号，请直接登录" | "This code is not right, was used before or has expired. If you have just made your account with it, sign in",
        too_many(wait): "尝试次数过多，请等待 {wait}再试" | "Too many tries. Wait {wait} and try again",
        password_differs: "两次输入的密码不一致" | "The two passwords are not the same",
        account_exists: "您已经有账号。请先登录，续办码为您保留 15 分钟" | "You already have an account. Sign in first; your code is kept for 15 minutes",
        switch: "换账号登录" | "Sign in as somebody else",
        account_of_another: "这个续办码不属于当前登录的人。请换成持码人的账号登录，续办码保留 15 分钟"
            | "This code is not for the person signed in. Sign in with the account of the person it is for; the code is kept for 15 minutes",
        busy: "现在办理的人较多，请稍后再试" | "Many people are using this right now. Try again in a moment",
        have_account: "已经有账号？" | "Do you have an account already? ",
        sign_in: "登录" | "Sign in",
    }
    Registered {
        title: "账号已开通" | "Your account is ready",
        lead(name): "{name}，您的账号已开通。" | "{name}, your account is ready.",
        level: "核验等级" | "Level",
        sign_in_with: "可以用来登录" | "Sign in with",
        id_number: "证件号码" | "ID number",
        passport: "护照：请填“国家代码 空格 号码”，例如 BRA G87654321" | "Passport: country code, space, number, as in BRA G87654321",
        continue_to(service): "继续前往“{service}”" | "Continue to {service}",
        account: "查看我的账号" | "See my account",
    }
}
