//! What a department does about a refusal: the section of the specification behind it, and the fix in both languages.

use super::refusal::Refusal;
use crate::base::Locale;

/// The rule behind a refusal and how to keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// `RFC 7636 §4.4.1`.
    pub section: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Remedy {
    pub fn fix(&self, locale: Locale) -> &'static str {
        locale.pick(self.zh, self.en)
    }
}

impl Refusal {
    /// The refusal of a number, as answers and traces give it.
    pub fn of_number(number: u32) -> Option<Refusal> {
        Refusal::ALL.iter().copied().find(|refusal| refusal.number() == number)
    }

    /// What to do. A refusal without a line of its own has that of its group.
    pub fn remedy(self) -> Remedy {
        let own = OWN.iter().find(|(refusal, ..)| *refusal == self);
        let (section, zh, en) = match own {
            Some((_, section, zh, en)) => (*section, *zh, *en),
            None => group(self.number()),
        };
        Remedy { section, zh, en }
    }
}

/// Kept for refusals whose fix is more than their description says.
#[rustfmt::skip]
const OWN: &[(Refusal, &str, &str, &str)] = &[
    (Refusal::ParameterRepeated, "RFC 6749 §3.1", "每个参数只传一次；检查是否同时放在地址和请求体中。",
        "Send each parameter once; look whether it stands in the address and in the body."),
    (Refusal::ContentTypeWrong, "RFC 6749 Appendix B", "请求体改用 application/x-www-form-urlencoded，不要用 JSON。",
        "Send the body form-encoded, not as JSON."),
    (Refusal::ServerBroken, "RFC 6749 §5.2", "这是服务方的故障。稍后重试；仍失败时把 txn 告诉运营方。",
        "The fault is on the service's side. Try again; if it stays, give the operator the txn."),
    (Refusal::ServerBusy, "RFC 6749 §4.1.2.1", "按 Retry-After 等待后重试，不要立即循环重试。",
        "Wait as Retry-After says and try again; do not loop."),
    (Refusal::TooManyRequests, "RFC 6585 §4", "失败的尝试过多。按 Retry-After 等待，并先查明失败的原因。",
        "Too many attempts failed. Wait as Retry-After says, and find out first why they fail."),
    (Refusal::ClientUnknown, "RFC 6749 §5.2", "核对 client_id 与环境（测试、正式）是否对应；不对应时向运营方登记。",
        "Check that client_id belongs to this environment (test or production); else have it registered."),
    (Refusal::ClientDisabled, "RFC 6749 §4.1.2.1", "联系运营方了解停用原因并申请恢复。",
        "Ask the operator why the client was switched off."),
    (Refusal::ClientCredentialsMissing, "RFC 6749 §3.2.1", "按登记的 token_endpoint_auth_method 带上凭据。",
        "Send credentials in the way registered as token_endpoint_auth_method."),
    (Refusal::ClientCredentialsMalformed, "RFC 6749 §2.3.1", "先把 client_id 和密钥分别做表单编码，再用冒号连接后做 Base64。",
        "Form-encode client_id and secret each, join them with a colon, then encode in Base64."),
    (Refusal::ClientMethodWrong, "RFC 7591 §2", "改用登记的认证方式，或请运营方修改 token_endpoint_auth_method。",
        "Use the registered way, or have token_endpoint_auth_method changed."),
    (Refusal::ClientSecretWrong, "RFC 6749 §2.3.1", "核对密钥是否为当前环境的最新值，前后有无空格或换行。",
        "Check that the secret is the current one of this environment, without spaces or a line break."),
    (Refusal::ClientAssertionSignatureWrong, "RFC 7523 §3", "确认已登记的公钥与签名私钥成对，kid 和 alg 与登记一致。",
        "Check that the registered key fits the signing key, and that kid and alg are as registered."),
    (Refusal::ClientAssertionExpired, "RFC 7523 §3", "校准服务器时间；exp 不超过 5 分钟，每次请求重新生成。",
        "Set the clock; let exp be at most five minutes away, and make a new assertion for each request."),
    (Refusal::ClientAssertionAudienceWrong, "RFC 7523 §3", "aud 使用发现文档中的 issuer。",
        "Use the issuer of the discovery document as aud."),
    (Refusal::ClientAssertionReplayed, "RFC 7523 §3", "每个断言只用一次，jti 用随机值。",
        "Use each assertion once, with a random jti."),
    (Refusal::RedirectUnregistered, "RFC 9700 §2.1", "登记的地址与请求中的必须逐字符相同：协议、端口、路径、末尾斜杠、大小写。",
        "The registered and the sent address must agree in every character: scheme, port, path, last slash, case."),
    (Refusal::ResponseTypeNotAllowed, "RFC 6749 §4.1.2.1", "改用 response_type=code，或请运营方登记所需的 response_types 和 grant_types。",
        "Use response_type=code, or have response_types and grant_types registered."),
    (Refusal::ScopeNotAllowed, "RFC 6749 §3.3", "去掉未获批的 scope，或为它提出申请。",
        "Leave out what is not approved, or apply for it."),
    (Refusal::OpenidMissing, "OIDC Core §3.1.2.1", "在 scope 中写上 openid，例如 scope=openid profile。",
        "Put openid into scope, as in scope=openid profile."),
    (Refusal::CibaScopeMissing, "CIBA Core 1.0 §7.1", "在请求中带上 scope，例如 scope=openid profile。",
        "Send scope, as in scope=openid profile."),
    (Refusal::PkceMissing, "RFC 7636 §4.4.1", "生成 43 至 128 位的 code_verifier，把它的 SHA-256 作为 code_challenge，并带 code_challenge_method=S256。",
        "Make a code_verifier of 43 to 128 characters, send its SHA-256 as code_challenge with code_challenge_method=S256."),
    (Refusal::PkceMethodRefused, "RFC 9700 §2.1.1", "code_challenge_method 改为 S256；plain 不被接受。",
        "Use S256; plain is not taken."),
    (Refusal::ClaimsMalformed, "OIDC Core §5.5", "claims 是 JSON 对象，含 userinfo 或 id_token；每项为 null 或带 essential、value、values 的对象。",
        "claims is a JSON object with userinfo or id_token; each member is null or an object with essential, value or values."),
    (Refusal::VerifiedClaimsMalformed, "OIDC4IA §5.3-5.6", "对照《核验声明》指南中的示例修改 verified_claims。",
        "Compare verified_claims with the examples in the guide to verified claims."),
    (Refusal::PushedRequestRequired, "RFC 9126 §4", "先把参数 POST 到推送端点，再只带 client_id 和 request_uri 跳转。",
        "Post the parameters to the pushed request endpoint first, then redirect with client_id and request_uri only."),
    (Refusal::LoginRequired, "OIDC Core §3.1.2.6", "不带 prompt=none 重新发起，让用户登录。",
        "Ask again without prompt=none, so that the person can sign in."),
    (Refusal::ConsentRequired, "OIDC Core §3.1.2.6", "不带 prompt=none 重新发起，让用户作出授权。",
        "Ask again without prompt=none, so that the person can answer."),
    (Refusal::ConsentDenied, "RFC 6749 §4.1.2.1", "用户不同意。说明用途后可由用户重新发起，不要自动重试。",
        "The person said no. Explain the purpose and let them start again; do not retry by yourself."),
    (Refusal::SignInCancelled, "RFC 6749 §4.1.2.1", "用户离开了登录页。提供重新登录的入口即可。",
        "The person left the sign-in. Offer a way to start again."),
    (Refusal::PersonOther, "OIDC Core §3.1.2.2", "去掉 id_token_hint 或 sub 要求，或请正确的用户登录。",
        "Leave out id_token_hint or the sub wish, or let the right person sign in."),
    (Refusal::LevelTooLow, "RFC 9470 §5", "告诉用户到窗口核验后再来；若较低等级也可以，改用非必需的 claims.acr 或去掉 acr_values。",
        "Tell the person to be verified first; if less would do, ask for acr voluntarily or leave acr_values out."),
    (Refusal::CibaLevelTooLow, "CIBA Core 1.0 §12", "告诉用户到窗口核验后再来；若较低等级也可以，去掉 acr_values。",
        "Tell the person to be verified first; if less would do, leave acr_values out."),
    (Refusal::LevelUnknown, "OIDC Core §5.5.1.1", "使用发现文档 acr_values_supported 中的值；登录强度等级须本服务已支持。",
        "Use values of acr_values_supported in the discovery document."),
    (Refusal::GrantTypeNotAllowed, "RFC 6749 §5.2", "请运营方把这个 grant_type 加入登记。",
        "Have this grant_type added to the registration."),
    (Refusal::CodeUnknown, "RFC 6749 §5.2", "检查授权码是否被截断或多次解码；授权码取得后立即兑换。",
        "Look whether the code was cut or decoded twice; exchange it at once."),
    (Refusal::CodeExpired, "RFC 6749 §4.1.2", "收到授权码后 60 秒内兑换；检查后端排队和时钟。",
        "Exchange the code within 60 seconds; look at queues of your back end."),
    (Refusal::CodeReplayed, "RFC 6749 §4.1.2", "授权码只能用一次：避免回调页刷新重复提交、网关自动重试。",
        "A code works once: keep reloads of the callback page and retries of gateways from sending it again."),
    (Refusal::CodeOtherClient, "RFC 6749 §4.1.3", "用发起授权请求的同一个 client_id 兑换。",
        "Exchange with the client_id that made the authorization request."),
    (Refusal::CodeRedirectWrong, "RFC 6749 §4.1.3", "令牌请求中的 redirect_uri 与授权请求中的逐字符一致。",
        "Send the same redirect_uri as in the authorization request."),
    (Refusal::VerifierMissing, "RFC 7636 §4.5", "令牌请求带上授权请求时生成的 code_verifier。",
        "Send the code_verifier made for the authorization request."),
    (Refusal::VerifierWrong, "RFC 7636 §4.6", "code_verifier 须与本次授权请求的 code_challenge 成对；多节点部署时放入共享会话。",
        "code_verifier must belong to this request's code_challenge; with several nodes keep it in a shared session."),
    (Refusal::RefreshReplayed, "RFC 9700 §4.14.2", "每次刷新后保存新的刷新令牌并丢弃旧的；并发刷新须加锁。请用户重新登录。",
        "Keep the new refresh token after each use and drop the old; lock concurrent refreshes. The person signs in again."),
    (Refusal::RefreshExpired, "RFC 6749 §6", "请用户重新登录。", "Let the person sign in again."),
    (Refusal::ScopeWidened, "RFC 6749 §6", "刷新时的 scope 不能超出原授权；需要更多时重新发起授权。",
        "A refresh may narrow the scope only; ask for a new authorization to get more."),
    (Refusal::SessionEnded, "OIDC Back-Channel Logout §2.7", "用户已退出登录。重新发起授权请求。",
        "The person has signed out. Start a new authorization request."),
    (Refusal::AccessTokenExpired, "RFC 6750 §3.1", "用刷新令牌换取新的访问令牌。", "Get a new access token with the refresh token."),
    (Refusal::AccessTokenUnknown, "RFC 6750 §3.1", "确认传的是访问令牌（tya_ 开头），不是 ID Token 或刷新令牌，且环境一致。",
        "Send the access token (it begins with tya_), not an ID token or a refresh token, of this environment."),
    (Refusal::ScopeInsufficient, "RFC 6750 §3.1", "授权请求中加上所需的 scope。", "Ask for the scope in the authorization request."),
    (Refusal::AuthenticationInsufficient, "RFC 9470 §4", "用 WWW-Authenticate 给出的 acr_values 和 max_age 重新发起授权请求。",
        "Start a new authorization request with acr_values and max_age of WWW-Authenticate."),
    (Refusal::LogoutRedirectUnregistered, "OIDC RP-Initiated Logout §3", "登记 post_logout_redirect_uris，逐字符一致。",
        "Register it among post_logout_redirect_uris, equal in every character."),
];

fn group(number: u32) -> (&'static str, &'static str, &'static str) {
    match number / 1_000 {
        101 => (
            "RFC 6749 §2.3",
            "对照登记信息检查应用的身份凭据。",
            "Compare what the client shows with its registration.",
        ),
        102 => (
            "RFC 6749 §4.1.1",
            "按说明修改授权请求的参数后重新发起。",
            "Correct the parameter named and send the request again.",
        ),
        103 => (
            "RFC 6749 §5.2",
            "按说明修改令牌请求；授权已失效时请用户重新登录。",
            "Correct the token request; where the grant is over, let the person sign in again.",
        ),
        104 => (
            "RFC 6750 §3",
            "按说明修改访问令牌的传递方式，或重新取得令牌。",
            "Correct how the access token is sent, or get a new one.",
        ),
        105 => ("RFC 7662 §2", "按说明修改请求。", "Correct the request as described."),
        106 => (
            "OIDC RP-Initiated Logout §2",
            "按说明修改退出请求的参数。",
            "Correct the parameters of the logout request.",
        ),
        108 => (
            "RFC 7591 §3.2.2",
            "按说明修改登记内容后重新提交。",
            "Correct the registration and send it again.",
        ),
        _ => ("RFC 6749 §5.2", "按说明修改请求。", "Correct the request as described."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_section_and_a_fix_in_both_languages() {
        for refusal in Refusal::ALL {
            let remedy = refusal.remedy();
            assert!(remedy.section.contains('§') || remedy.section.contains("Appendix"), "{refusal}");
            let (zh, en) = (remedy.fix(Locale::ZhCn), remedy.fix(Locale::En));
            assert!(zh.ends_with('。') && en.ends_with('.') && en.is_ascii(), "{refusal}");
            assert_eq!(Refusal::of_number(refusal.number()), Some(*refusal));
        }
        assert_eq!(Refusal::of_number(1), None);
    }

    #[test]
    fn none_is_listed_twice() {
        for (at, (refusal, ..)) in OWN.iter().enumerate() {
            assert!(OWN[..at].iter().all(|(other, ..)| other != refusal), "{refusal}");
        }
    }
}
