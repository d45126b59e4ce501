//! Texts of the landing page and the help page.

messages! {
    Home {
        title: "一次认证，全市通行" | "Verified once, known everywhere",
        lead: "用一个账号登录全市政务服务。到窗口核验一次，各部门都认可。"
            | "One account for all services of the city. Be verified once at a window, and every department knows you.",
        sign_in: "登录我的账号" | "Sign in to my account",
        account: "进入我的账号" | "Go to my account",
        register: "用续办码开通" | "I have a continuation code",
        how: "怎样使用" | "How it works",
        step_1: "登录" | "Sign in",
        step_1_text: "用证件号码、手机号或登录名登录一次，各系统不用重复登录。" | "Sign in once with ID number, phone number or login name. No second sign-in elsewhere.",
        step_2: "核验" | "Be verified",
        step_2_text: "办重要的事，带有效证件原件到任意大厅窗口，约 3 分钟。" | "For important matters, bring your identity document to any hall window. About 3 minutes.",
        step_3: "掌握" | "Stay in control",
        step_3_text: "谁用了您的信息、为什么，随时可查，随时可撤回。" | "See who used your information and why. Withdraw at any time.",
        staff: "工作人员入口" | "For staff",
        staff_text: "政务大厅窗口工作台" | "The desk at government hall windows",
        staff_link: "进入窗口工作台" | "Open the window desk",
        help: "需要帮助" | "Need help",
        help_text: "不会上网也没关系，到任意大厅窗口都能办。" | "Not on line? Any government hall can do it for you.",
        help_link: "查看使用帮助" | "Read the help page",
    }
    Help {
        title: "使用帮助" | "Help",
        call: "打电话" | "Call",
        call_text: "政务服务热线，24 小时有人接听。" | "The city’s help line, answered day and night.",
        sign_in: "登录" | "Signing in",
        sign_in_text: "用证件号码、手机号或登录名，加上密码。" | "Use your ID number, phone number or login name, and your password.",
        forgot: "忘记密码" | "Forgotten password",
        forgot_text: "目前还不能重设密码，网上和大厅窗口都办不了。以下几点或许有用："
            | "A forgotten password cannot be replaced yet, neither here nor at a window. This may help:",
        forgot_names: "换个账号名再试：证件号码、手机号和登录名用的是同一个密码。注意大小写和空格。"
            | "Try again with another name: your ID number, phone number and login name all have the same password. Capitals and spaces count.",
        forgot_wait: "输错多次只需等待，账号不会被永久锁定。" | "After too many wrong tries you only have to wait. Nobody is locked out for good.",
        forgot_device: "如果别的手机或电脑上还没有退出，可以在那里继续办事。" | "If you are still signed in on another phone or computer, you can go on there.",
        forgot_slip: "窗口给的续办码不能代替密码：已有账号的，须先登录才能使用。" | "A continuation code from a window does not replace the password: who has an account signs in first to use it.",
        forgot_urgent: "急事请带证件到主管部门的办事窗口办理，或拨打 12345 咨询。" | "If it is urgent, go to the department’s own counter with your identity document, or call 12345 and ask.",
        no_phone: "没有手机，或不会上网" | "No phone, or not on line",
        no_phone_text: "直接到窗口核验，不需要账号。以后想上网办事时，再用回执单上的续办码开通。"
            | "Come to a window; no account is needed. Should you go on line later, the code on your slip creates one.",
        levels: "核验等级" | "Levels of assurance",
        levels_text: "等级越高，能办的事越多。" | "The higher the level, the more you can do.",
        halls: "去哪里核验" | "Where to be verified",
        no_halls: "目前没有开放的大厅，请拨打 12345 咨询。" | "No hall is open for this at present. Call 12345.",
        bring: "带有效证件原件，须本人到场。" | "Bring your original identity document, and come yourself.",
        windows: "窗口：" | "Windows: ",
    }
}
