//! Texts about the system that asks.

messages! {
    Asker {
        home: "系统主页" | "About this system",
        policy: "隐私政策" | "Privacy policy",
        terms: "服务条款" | "Terms of service",
    }
}
