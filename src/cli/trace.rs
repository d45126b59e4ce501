//! `trace TXN`: the steps behind a refused request, the rule that failed and the fix, in both languages.

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::base::Locale;
use crate::grant::trace::{self, Kind, Reader, Refused, Step};
use crate::http::paths;
use crate::protocol::Refusal;

pub async fn trace(place: &Place, txn: &str, department: Option<&str>) -> Result<(), Problem> {
    let app = &place.app;
    let reader = department.map_or(Reader::Operator, Reader::Department);
    let found = trace::find(&mut app.db.read(), app.clock.now(), reader, txn).await;
    app.close().await;
    let Some(refused) = found? else {
        let whose = if department.is_some() { " of a client of this department" } else { "" };
        return Err(Problem::Found(format!(
            "no refused request{whose} is kept under this txn; requests that succeeded are not kept, refused ones for 7 days"
        )));
    };
    lines(&refused, &app.settings.url(&paths::help_error(refused.number)))
        .iter()
        .try_for_each(|line| print::line(line))
}

fn lines(refused: &Refused, page: &str) -> Vec<String> {
    let mut lines = vec![
        format!("txn       {}", refused.txn),
        format!("client    {}", refused.client_id),
        format!("endpoint  {}", refused.endpoint),
        format!("time      {}", refused.at.for_people()),
        "steps 步骤".to_owned(),
    ];
    lines.extend(refused.steps.iter().map(step));
    if let Some(refusal) = Refusal::of_number(refused.number) {
        let remedy = refusal.remedy();
        lines.push(format!("rule 规则  {refusal:?} {} ({})", refused.number, remedy.section));
        for locale in Locale::ALL {
            lines.push(format!("{}  {}", locale.pick("原因", "cause"), refusal.description(locale)));
            lines.push(format!("{}  {}", locale.pick("处理", "fix  "), remedy.fix(locale)));
        }
    }
    lines.push(format!("page 说明  {page}"));
    lines
}

fn step(step: &Step) -> String {
    let (zh, en) = match step.kind {
        Kind::Received => ("收到请求", "request received"),
        Kind::ClientFound => ("找到应用", "client found"),
        Kind::ClientAuthenticated => ("应用身份已确认", "client authenticated"),
        Kind::RequestChecked => ("参数检查通过", "parameters passed every check"),
        Kind::PageShown => ("显示页面", "page shown"),
        Kind::SignedIn => ("用户已登录", "person signed in"),
        Kind::Consented => ("用户已回答授权页", "person answered the consent page"),
        Kind::Left => ("用户离开页面", "person left the page"),
        Kind::GrantRead => ("授权类型", "grant"),
        Kind::CodeRedeemed => ("授权码已取出", "code redeemed"),
        Kind::Refused => ("拒绝", "refused"),
    };
    let detail = step.detail.as_deref().map(|detail| format!(" {detail}")).unwrap_or_default();
    format!("  {}  {zh} · {en}{detail}", step.at.rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    #[test]
    fn says_what_failed_and_what_to_do_in_both_languages() {
        let at = Timestamp::from_seconds(1_795_312_800);
        let step = |kind, detail: Option<&str>| Step { at, kind, detail: detail.map(str::to_owned) };
        let refused = Refused {
            txn: "t1".into(),
            client_id: "portal".into(),
            endpoint: "/oidc/token".into(),
            number: 103_013,
            steps: vec![step(Kind::CodeRedeemed, None), step(Kind::Refused, Some("103013"))],
            at,
        };
        let text = lines(&refused, "https://id.example/help/errors/103013").join("\n");
        for said in [
            "RFC 7636 §4.6",
            "VerifierWrong",
            "code redeemed",
            "共享会话",
            "shared session",
            "/help/errors/103013",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
    }
}
