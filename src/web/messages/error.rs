//! Texts of the error page and of the page that posts back to a client.

messages! {
    ErrorText {
        what: "发生了什么" | "What happened",
        todo: "您可以这样做" | "What you can do",
        code: "错误码" | "Error code",
        code_page: "技术说明" | "What it means, for engineers",
        reference: "查询编号" | "Reference",
        reference_hint: "拨打 12345 时请报这个编号" | "Give it when you call 12345",
        home: "返回首页" | "Go to the home page",
        desk: "返回工作台" | "Back to the desk",
        not_found: "没有找到这个页面" | "Page not found",
        not_found_what: "地址可能输错了，或者页面已经不在了。" | "The address may be mistyped, or the page is gone.",
        not_found_todo: "请检查地址，或从首页重新进入。" | "Check the address, or start from the home page.",
        wrong_method: "这个地址不能这样使用" | "This address cannot be used this way",
        wrong_method_what: "地址是对的，但请求的方式不对，没有处理。" | "The address is right, the kind of request is not. Nothing was done.",
        wrong_method_todo: "请从首页重新进入。" | "Start from the home page.",
        expired: "这次登录已过期" | "This request has expired",
        expired_what: "页面停留时间过长，或者这一步已经办完了。" | "You were on the page for a long time, or this step was finished before.",
        expired_todo: "请回到您要办事的系统，重新登录。" | "Go back to the system you came from and sign in again.",
        expired_todo_from(service): "请从“{service}”重新进入。" | "Go to {service} again and start from there.",
        enter(service): "进入“{service}”" | "Go to {service}",
        services: "查看可以进入的系统" | "See the services you can enter",
        answered: "这个请求已答复或已过期" | "This request was answered or has expired",
        answered_what: "它不再等您答复。如果您刚才按了按钮，那次没有生效。"
            | "It no longer waits for your answer. If you have just pressed a button, that had no effect.",
        answered_todo: "还在通话的，请对方重新发起；在设备上办的，请在设备上重新开始。"
            | "If you are still on the phone, ask them to send it again. On a device, begin again there.",
        requests: "查看待我确认的请求" | "See what waits for your answer",
        no_cookies: "浏览器没有保存 Cookie，无法继续" | "Your browser keeps no cookies",
        no_cookies_what: "没有 Cookie，我们认不出这张表单是您发来的，所以没有处理。"
            | "Without them we cannot tell that this form came from you, so we did not process it.",
        no_cookies_todo: "请在浏览器设置中允许本站使用 Cookie，然后返回上一页，刷新后再提交；或换一个浏览器。"
            | "Allow cookies for this site in the browser’s settings, go back, refresh the page and send it again. Or use another browser.",
        forbidden: "您没有权限打开这个页面" | "You may not open this page",
        forbidden_what: "这个页面不属于您当前登录的账号。" | "The page does not belong to the account you are signed in to.",
        forbidden_todo: "请确认登录的账号，或联系本单位管理员。" | "Check which account you are signed in to, or ask your administrator.",
        another_window: "这个核验在其他窗口" | "This visit is at another window",
        another_window_what(place): "它由其他窗口办理：{place}。" | "Another window has it in hand: {place}.",
        another_window_todo: "需要接手时，请那个窗口先放回等待，再凭核验码或从列表接手。" | "If you are to take it over, ask that window to put it back. Then take it by its code or from the list.",
        stale: "页面已过时，请重新提交" | "This form is out of date",
        stale_what: "为保护您的安全，我们没有处理这次提交。" | "To keep you safe, we did not process what you sent.",
        stale_todo: "请返回上一页，刷新后再提交一次。" | "Go back, refresh the page and send it again.",
        unavailable: "服务暂时不可用" | "The service is not available right now",
        unavailable_what: "系统的一部分暂时连接不上，您的信息没有丢失。" | "A part of the system cannot be reached. Nothing of yours is lost.",
        unavailable_todo: "请过几分钟再试。急事请拨打 12345。" | "Try again in a few minutes. If it is urgent, call 12345.",
        broken: "我们这里出了问题" | "Something went wrong on our side",
        broken_what: "这不是您的错，问题已经记录下来。" | "It is not your fault. The problem has been recorded.",
        broken_todo: "请稍后再试。如果还不行，请拨打 12345。" | "Try again later. If it happens again, call 12345.",
        bad_request: "请求不完整或不正确" | "The request is not complete or not correct",
        bad_request_what: "收到的内容缺少必要的部分，或格式不对。" | "Something necessary was missing or had the wrong form.",
        bad_request_todo: "请返回上一页，检查后再试。" | "Go back, check and try again.",
        too_large: "提交的内容太大" | "What you sent is too large",
        too_large_what: "内容超过了允许的大小，没有处理。" | "It is larger than allowed, and was not processed.",
        too_large_todo: "请返回上一页，缩短后再提交。" | "Go back, shorten it and send it again.",
        too_slow: "提交的内容没有及时送达" | "What you sent did not arrive in time",
        too_slow_what: "网络太慢或中断了，没有处理。" | "The connection was too slow or broke off. Nothing was done.",
        too_slow_todo: "请检查网络，返回上一页再提交一次。" | "Check your connection, go back and send it again.",
        bad_client: "无法确认来源系统" | "We cannot tell which system is asking",
        bad_client_what: "来源系统没有登记，或者它给出的返回地址不对。为了您的安全，我们没有继续。"
            | "The system is not registered, or its return address is wrong. To keep you safe, we stopped here.",
        bad_logout: "这次退出没有完成" | "You were not signed out",
        bad_logout_what: "来源系统的退出请求不完整或不正确，我们没有照它处理。您的登录状态没有变化。"
            | "The system’s request to sign out was not complete or not correct, so we did not follow it. Nothing about your sign-in has changed.",
        bad_logout_todo: "要退出，请按下面的按钮。如果您是该系统的管理员，请记下编号。"
            | "To sign out, use the button below. If you run this system, note the reference.",
        bad_logout_here: "在这里退出" | "Sign out here",
        pending: "这个系统还在审核中" | "This system is still being reviewed",
        pending_what: "它已经自助登记，但运营方还没有同意它使用统一身份认证。为了您的安全，我们没有继续。"
            | "It registered itself, and the operator has not approved it yet. To keep you safe, we stopped here.",
        pending_todo: "请过些时候再来。如果您是该系统的管理员，请把下面的编号告诉运营方。"
            | "Come back later. If you run this system, give the reference below to the operator.",
        disabled: "这个系统已停用" | "This system has been switched off",
        disabled_what: "运营方已停止它使用统一身份认证。" | "The operator no longer lets it use this service.",
        disabled_todo: "请到该部门的其他渠道办理，或拨打 12345 咨询。" | "Use another way of the department, or call 12345.",
        bad_client_todo: "请从该系统的官方入口重新进入，或把下面的编号告诉该系统的管理员。"
            | "Start again from the system’s official page, or give the reference below to its administrator.",
    }
    FormPost {
        title: "正在返回" | "Taking you back",
        lead(client): "正在返回“{client}”，请稍候。" | "Taking you back to {client}. One moment.",
        submit: "继续" | "Continue",
        by_hand: "如果没有自动跳转，请按“继续”。" | "If nothing happens, press Continue.",
    }
}
