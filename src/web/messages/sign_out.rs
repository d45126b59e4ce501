//! Texts of signing out.

messages! {
    SignOut {
        title: "要退出登录吗？" | "Sign out?",
        signed_in_to: "您现在登录了这些系统" | "You are signed in to these systems",
        none: "目前没有系统在使用您的登录。" | "No system is using your sign-in at the moment.",
        since: "登录于" | "Since",
        explain: "在公用电脑上，请选择“全部退出”。" | "On a shared computer, choose to sign out everywhere.",
        all: "全部退出" | "Sign out everywhere",
        this(client): "只退出“{client}”" | "Only sign out of {client}",
        stay: "不退出" | "Stay signed in",
    }
    SignedOut {
        title: "您已退出登录" | "You are signed out",
        title_partly(left): "您已退出，还有 {left} 个系统在通知" | "You are signed out; {left} system is still being told" / "You are signed out; {left} systems are still being told",
        title_missed: "您已退出，有系统没有通知到" | "You are signed out; not every system was reached",
        lead: "我们已通知您登录过的系统。" | "We have told the systems you were signed in to.",
        none: "没有需要通知的系统。" | "There was no system to tell.",
        outcomes: "通知结果" | "Whom it reached",
        reached: "已退出" | "Signed out",
        trying: "正在通知" | "Being told",
        failed: "没有通知到" | "Not reached",
        untold: "该系统不接收通知" | "Takes no notice",
        asking: "正在通过本浏览器通知" | "Being asked in this browser",
        asked: "已通过本浏览器通知" | "Asked in this browser",
        asked_note: "通过本浏览器通知的系统不会答复，无法确认其是否已退出。在公用电脑上请关闭浏览器。"
            | "Systems asked in this browser give no answer, so we cannot say that they signed you out. On a shared computer, close the browser.",
        frame: "退出通知" | "Sign-out notice",
        only_in_browser: "该系统只能在登录过的浏览器里通知" | "This system can only be told in the browser that was signed in",
        trying_note: "系统会继续通知，您可以放心关闭本页。" | "We keep trying. You can close this page.",
        failed_note: "没有通知到的系统，请在该系统内自行退出，或关闭浏览器。" | "Where a system was not reached, sign out there yourself or close the browser.",
        back(client): "返回“{client}”" | "Return to {client}",
        returns(seconds): "{seconds} 秒后自动返回。" | "Going back in {seconds} second." / "Going back in {seconds} seconds.",
        stay_here: "留在本页" | "Stay on this page",
        refused: "该系统未接受通知" | "The system did not accept the notice",
        unreachable: "联系不上该系统" | "The system cannot be contacted",
        again: "重新登录" | "Sign in again",
    }
}
