//! Texts of the frame around every page.

messages! {
    Around {
        product: "统一身份认证" | "City Identity",
        product_sub: "通钥" | "Tongyao",
        home: "首页" | "Home",
        skip: "跳到主要内容" | "Skip to main content",
        other_language: "English" | "中文",
        to_elder: "长辈版" | "Large text",
        to_standard: "标准版" | "Standard text",
        switches: "语言与显示" | "Language and display",
        sign_out: "退出" | "Sign out",
        sandbox: "测试环境：人员和数据均为样例，请勿填写真实信息。"
            | "Test environment: all people and data are samples. Do not enter real information.",
        for_service: "正在为您连接" | "Signing you in to",
        help: "使用帮助" | "Help",
        help_line: "政务服务热线 12345" | "Help line 12345",
        help_line_hours: "24 小时人工服务" | "24 hours a day",
        footer: "本页面由市统一身份认证服务提供" | "Provided by the city's identity service",
        error_summary: "请先解决以下问题" | "There is a problem",
        error_prefix: "错误：" | "Error: ",
        title_error: "错误：" | "Error: ",
        optional: "（选填）" | " (optional)",
        show_password: "显示" | "Show",
        hide_password: "隐藏" | "Hide",
        show_password_label: "显示密码" | "Show password",
        hide_password_label: "隐藏密码" | "Hide password",
        sending: "正在提交" | "Sending",
        refresh: "刷新本页" | "Refresh this page",
        staff_sign_out: "退出工作台" | "Sign out",
    }
}
