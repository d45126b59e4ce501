//! Texts of the pages that explain refusals.

messages! {
    ErrorCodes {
        title: "错误码说明" | "Error codes",
        lead: "供对接单位的技术人员查阅。程序应按 error 和 error_code 判断，不要按文字判断。"
            | "For the engineers of departments. Let programs decide by error and error_code, never by the text.",
        one(number): "错误码 {number}" | "Error code {number}",
        what: "含义" | "What it means",
        todo: "怎样处理" | "What to do",
        error: "规范中的错误" | "Error of the specification",
        section: "依据" | "Rule",
        trace: "还查不出原因？" | "Still not clear?",
        trace_text: "把错误中的 txn 告诉运营方，可查看该请求的每一步。保留 7 天。"
            | "Give the operator the txn of the answer: every step of the request can be looked up for 7 days.",
        all: "查看全部错误码" | "All error codes",
    }
}
