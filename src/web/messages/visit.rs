//! Texts of the visit page and of the visit code.

messages! {
    Ticket {
        code: "核验码" | "Visit code",
        check_digit: "末位为校验位" | "The last digit is a check digit",
        until: "有效期至" | "Valid until",
        show: "到窗口时出示二维码，或报出核验码。" | "At the window, show the QR code or read out the digits.",
        qr: "核验码二维码" | "QR code of the visit code",
        bring: "请带有效证件原件，须本人到场。" | "Bring your original identity document. You must come yourself.",
        halls: "可以去的大厅" | "Halls you can go to",
        windows: "窗口：" | "Windows: ",
        no_halls: "目前没有开放的大厅，请拨打 12345 咨询。" | "No hall is open for this at present. Call 12345.",
    }
    Visit {
        title: "窗口核验" | "Visit to a window",
        none: "您还没有预约" | "You have no visit booked",
        none_text: "预约后到大厅窗口核验一次，等级升为 3 级，之后各部门都认可。"
            | "Book a visit and be verified once at a window. You are then at level 3, and every department accepts it.",
        enrol: "预约窗口核验" | "Book a visit",
        progress: "办理进度" | "Progress",
        step_open: "已预约" | "Visit made",
        step_counter: "窗口办理" | "At the window",
        step_decided: "核验结果" | "Result",
        step_binding: "确认账号" | "Confirm on your phone",
        step_bound: "完成" | "Done",
        state_done: "已完成" | "done",
        state_now: "进行中" | "now",
        state_next: "未开始" | "to come",
        put_back: "请回到窗口继续办理" | "Go back to the window to go on",
        put_back_text: "不需要核验码：请到刚才的大厅，工作人员在列表中就能看到您。如果要改天或到其他大厅办理，请重新预约，会得到新的核验码；以前的核验码已失效。"
            | "No code is needed: in the hall where you were, the clerks see you in their list. To come another day or to another hall, make a new visit and get a new code; an earlier code no longer works.",
        put_back_enrol: "重新预约，领取核验码" | "Make a new visit with a code",
        not_needed: "您已是最高等级" | "You are at the highest level",
        not_needed_text: "不需要再到窗口核验。如果姓名或证件变了，可以预约一次，带新证件到窗口更正。"
            | "You need no visit. If your name or your document has changed, make one and bring the new document.",
        lapsed: "核验结果已失效" | "The result of your visit has lapsed",
        lapsed_text: "您在窗口通过了核验，但结果没有及时归入账号。请重新预约，再核验一次。"
            | "You were verified at the window, but the result was not tied to your account in time. Make a new visit and be verified again.",
        at_counter: "窗口正在办理" | "The window is working on it",
        at_counter_text: "请配合工作人员。本页会自动更新。" | "Please stay with the clerk. This page updates by itself.",
        passed: "核验通过" | "You have been verified",
        passed_text: "请等待工作人员发起账号确认，本页会自动更新。" | "Wait while the clerk starts the confirmation. This page updates by itself.",
        binding: "输入窗口屏幕上的两位数字" | "Enter the two digits shown at the window",
        binding_text: "核对无误后，核验结果会归入您当前登录的账号。"
            | "Your verification then belongs to the account you are signed in to.",
        number: "两位数字" | "Two digits",
        number_hint: "数字显示在窗口朝向您的屏幕上" | "They are on the screen that faces you at the window",
        tries(n): "还可以试 {n} 次" | "{n} try left" / "{n} tries left",
        confirm: "确认是本人" | "Confirm that this is me",
        not_me: "不是我在办理" | "This is not me",
        bound: "已升为 3 级" | "You are now at level 3",
        bound_text: "核验结果已归入您的账号，各部门都会认可。" | "The verification belongs to your account. Every department will know it.",
        continue_to(service): "继续前往“{service}”" | "Continue to {service}",
        late(service): "这次登录已过期。核验完成后，请从“{service}”重新进入，继续办事。"
            | "This sign-in has expired. Once you are verified, go to {service} again to carry on.",
        late_verified(service): "这次登录已过期，请从“{service}”重新进入，继续办事。" | "This sign-in has expired. Go to {service} again to carry on.",
        enter(service): "进入“{service}”" | "Go to {service}",
        switch: "换账号登录" | "Sign in as somebody else",
        to_account: "查看我的账号" | "See my account",
        receipt: "查看核验回执" | "See the receipt",
        failed_retryable: "这次没有通过" | "Not verified this time",
        failed_retryable_text: "可以带上有效的证件原件再来一次。请重新预约。"
            | "You can come again with a valid original document. Make a new visit.",
        failed_final: "核验未通过" | "Not verified",
        failed_final_text: "请拨打 12345 说明情况，由工作人员联系您。" | "Call 12345 and say what happened. Someone will get back to you.",
        expired: "预约已过期" | "Your visit has expired",
        expired_text: "有效期已过，可以重新预约。" | "Its time is over. You can make a new one.",
        cancelled: "预约已取消" | "Your visit was cancelled",
        cancelled_text: "需要时可以重新预约。" | "You can make a new one whenever you need it.",
        cancel: "取消预约" | "Cancel this visit",
        refused: "已停止确认，没有归入您的账号。如果您不在窗口，请告知 12345。" | "Stopped. Nothing was added to your account. If you are not at the window, tell 12345.",
        link_over: "这个二维码已失效。请让工作人员重新显示，再扫一次。" | "This QR code is no longer valid. Ask the clerk to show a new one and scan it.",
        passed_slip: "窗口给了您一张回执单，请输入上面的续办码。如果还在窗口，也可以在这里等待。"
            | "The window gave you a slip. Enter the code on it. If you are still at the window, you can also wait here.",
        slip: "输入续办码" | "Enter the code on the slip",
    }
}
