//! Texts of the step-up page.

messages! {
    StepUp {
        title(service): "使用“{service}”需要更高的核验等级" | "{service} needs a higher level of verification",
        you_have: "您现在是" | "You are at",
        needs: "需要达到" | "Needed",
        how_title: "怎样提升" | "How to get there",
        how_1: "在这里预约，得到一个核验码。" | "Book a visit here and get a visit code.",
        how_2: "带上有效证件原件，到下面任意一个大厅窗口。" | "Bring your original identity document to a window of any hall below.",
        how_3: "工作人员当面核验，约 3 分钟。" | "A clerk verifies you. It takes about 3 minutes.",
        how_4(service): "核验后，从“{service}”重新登录，继续办事。" | "Then sign in again from {service} and go on.",
        how_4_elsewhere: "核验后，在设备上或电话里重新发起。" | "Then begin again on the device or on the phone.",
        enrol: "预约窗口核验" | "Book a visit",
        done: "我已完成核验，继续" | "I have been verified, continue",
        leave(service): "先不核验，返回“{service}”" | "Return to {service} without it",
        levels: "各等级是什么意思" | "What the levels mean",
        here: "您在这里" | "You are here",
        wanted: "需要" | "Needed",
        ready: "还差最后一步：输入窗口屏幕上的两位数字。"
            | "One last step: enter the two digits shown at the window.",
        ready_link: "输入数字" | "Enter the digits",
        problem_not_yet: "还没有收到窗口的核验结果。请到窗口办理后再点“继续”。"
            | "The window has not verified you yet. Go to a window first, then continue.",
        problem_tries: "24 小时内核验失败次数过多，请满 24 小时后再预约。" | "Too many verifications have failed within 24 hours. Make a visit again after 24 hours.",
    }
}
