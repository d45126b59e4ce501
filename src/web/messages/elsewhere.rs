//! Texts of requests whose answer goes to another device or to a client that waits.

messages! {
    Device {
        title: "输入设备上显示的代码" | "Enter the code shown on the device",
        lead: "在自助终端、电视等设备上登录时，设备屏幕会显示一个八位字母代码。"
            | "When you sign in on a kiosk or another device, its screen shows a code of eight letters.",
        code: "设备代码" | "Code",
        hint: "例如 BCDF-GHJK，大小写和横线都可以不管。" | "For example BCDF-GHJK. Case and hyphens do not matter.",
        compare: "请核对：这个代码与您面前设备屏幕上的完全一致，再继续。"
            | "Check that this is exactly the code on the screen in front of you before you go on.",
        submit: "继续" | "Continue",
        warning: "别人发给您的代码，不要在这里输入，否则对方会以您的身份登录。"
            | "Never enter a code that somebody sent you: they would be signed in as you.",
        empty: "请输入设备上显示的代码。" | "Enter the code shown on the device.",
        unknown: "没有找到这个代码。请核对屏幕上的字母；如果已过期，请在设备上重新开始。"
            | "This code is not known. Check the letters on the screen; if it has expired, begin again on the device.",
        too_many(wait): "尝试次数过多，请等待 {wait}再试。" | "Too many tries. Wait {wait} and try again.",
    }
    Elsewhere {
        device_title(client): "让这台设备以您的身份登录“{client}”吗？" | "Let this device sign in to {client} as you?",
        ciba_title(client): "“{client}”请您确认，同意吗？" | "{client} asks you to confirm. Do you agree?",
        device: "设备" | "Device",
        code: "设备代码" | "Code",
        message: "对方说明" | "They say",
        until: "答复期限" | "Answer before",
        device_warning: "设备就在您面前，屏幕上是同一个代码吗？如果代码是别人打电话、发短信或用聊天软件给您的，请选择“不同意”。"
            | "Is the device in front of you, and does it show this code? If somebody called you or sent you the code, choose “Do not allow”.",
        ciba_warning: "您正在与这个部门联系，并且说明与您办的事一致吗？如果您没有联系过对方，请选择“不同意”，并拨打 12345。"
            | "Are you in contact with this department, and does it match what you are doing? If not, choose “Do not allow” and call 12345.",
    }
    Answered {
        allowed: "已同意" | "You have allowed it",
        allowed_text: "现在可以关闭本页，回到设备或继续通话。如果要退出那台设备，请到“我的账号 · 登录设备”。"
            | "You can close this page and go back to the device or the call. To end it, go to My account, Devices.",
        denied: "已拒绝" | "You have refused it",
        denied_text: "对方没有得到您的任何信息。" | "Nothing about you was handed over.",
        unmet: "核验等级不够，没有办成" | "Your level of verification does not suffice",
        unmet_text: "对方会知道等级不够，但得不到您的其他信息。您可以先到窗口核验。"
            | "They are told that the level was not reached, and nothing else. You can be verified at a window first.",
        nothing: "没有作出答复" | "Nothing was answered",
        nothing_text: "您没有同意，也没有拒绝。需要时请重新开始。" | "You have neither allowed nor refused. Begin again when you need to.",
        account: "我的账号" | "My account",
        devices: "查看登录设备" | "See signed-in devices",
    }
    Requests {
        title: "待我确认" | "Waiting for your answer",
        lead: "这些部门请您确认身份或办理的事项。不是您在办的，请不要同意。"
            | "These departments ask you to confirm. Do not agree to anything you did not start.",
        message: "对方说明" | "They say",
        asked: "发起时间" | "Asked",
        until: "答复期限" | "Answer before",
        open: "查看并答复" | "See and answer",
        open_label(client): "查看并答复“{client}”的请求" | "See and answer the request of {client}",
        empty: "没有需要您确认的请求" | "Nothing is waiting for you",
        empty_text: "拨打 12345 等办事时，如果需要您确认，会出现在这里。" | "When a department needs your confirmation, as during a call to 12345, it appears here.",
        notice: "有请求正在等您确认。" | "A request waits for your answer.",
        notice_link: "查看" | "See it",
    }
    Inbox {
        title: "测试收件箱" | "Sandbox inbox",
        lead: "测试环境不发短信。本应发到手机的信息都在这里。" | "The sandbox sends no text messages. What would go to a phone is kept here.",
        at: "时间" | "Sent",
        open: "打开链接" | "Open the link",
        open_label(to): "打开链接：发给 {to}" | "Open the link sent to {to}",
        empty: "还没有信息" | "No messages yet",
        empty_text: "有系统请市民确认时，信息会出现在这里。" | "When a system asks a citizen to confirm, the message appears here.",
    }
}
