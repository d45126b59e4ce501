//! Every reason to refuse: a stable six-digit number, the code of the specification, the HTTP status where the
//! answer is direct, and what to tell people in both languages.

use crate::base::Locale;

use super::error::ErrorCode;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $number:literal $code:ident $status:literal $en:literal $zh:literal;)+) => {
        /// Why something was refused. Causes that a department asks about stay apart; none tells whether an
        /// account exists.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $name,)+ }

        impl Refusal {
            /// Every refusal, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Six digits that never change their meaning: `1010xx` client, `1020xx` authorization,
            /// `1030xx` token, `1040xx` access token, `1050xx` introspection and revocation, `1060xx` logout, `1080xx` registration,
            /// `1000xx` any request.
            pub const fn number(self) -> u32 {
                match self { $(Self::$name => $number,)+ }
            }

            /// The value of `error`.
            pub const fn code(self) -> ErrorCode {
                match self { $(Self::$name => ErrorCode::$code,)+ }
            }

            /// The HTTP status of a direct answer (not one by redirect).
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// What happened and what to do, in one sentence.
            pub const fn description(self, locale: Locale) -> &'static str {
                match locale {
                    Locale::En => match self { $(Self::$name => $en,)+ },
                    Locale::ZhCn => match self { $(Self::$name => $zh,)+ },
                }
            }
        }
    };
}

refusals! {
    // Any request.
    RequestMalformed = 100001 InvalidRequest 400
        "The parameters are not well-formed UTF-8 in form encoding." "参数不是正确的 UTF-8 表单编码。";
    ParameterRepeated = 100002 InvalidRequest 400
        "A parameter is given more than once." "有参数重复出现。";
    ParametersTooMany = 100003 InvalidRequest 400
        "There are more than 64 parameters." "参数超过 64 个。";
    RequestTooLarge = 100004 InvalidRequest 413
        "The parameters are larger than 64 kB." "参数总长超过 64 kB。";
    ContentTypeWrong = 100005 InvalidRequest 415
        "The body must be application/x-www-form-urlencoded." "请求体必须是 application/x-www-form-urlencoded。";
    ServerBroken = 100006 ServerError 500
        "The service failed on its side; report the txn." "服务内部出错，请提供 txn 以便排查。";
    ServerBusy = 100007 TemporarilyUnavailable 503
        "The service is busy or a part of it is away; try again shortly." "服务繁忙或部分组件不可用，请稍后重试。";
    TooManyRequests = 100008 TemporarilyUnavailable 429
        "Too many failed attempts; wait before trying again." "失败次数过多，请稍后再试。";
    AddressUnknown = 100009 InvalidRequest 404
        "There is nothing at this address; take every address from the discovery document." "没有这个地址，请从发现文档中取地址。";
    MethodNotAllowed = 100010 InvalidRequest 405
        "This address does not know this HTTP method; see the Allow header." "此地址不支持该 HTTP 方法，请看 Allow 头。";
    BodyBroken = 100011 InvalidRequest 400
        "The body ended early or is not framed as HTTP wants it." "请求体不完整或不符合 HTTP 规范。";
    BodyLate = 100012 InvalidRequest 408
        "The body did not arrive within 30 seconds; send the request again." "请求体未在 30 秒内收齐，请重新发送。";

    // The client.
    ClientMissing = 101001 InvalidRequest 400
        "client_id is missing." "缺少 client_id。";
    ClientIdMalformed = 101002 InvalidRequest 400
        "client_id must be 1 to 128 printable ASCII characters." "client_id 应为 1 至 128 个可见 ASCII 字符。";
    ClientUnknown = 101003 InvalidClient 401
        "No client with this client_id is registered." "没有登记这个 client_id。";
    ClientDisabled = 101004 UnauthorizedClient 403
        "The client is switched off; ask the operator." "该应用已停用，请联系运营方。";
    ClientCredentialsMissing = 101005 InvalidClient 401
        "The client must authenticate and did not." "应用必须认证身份，但未提供凭据。";
    ClientCredentialsMalformed = 101006 InvalidClient 401
        "The Authorization header is not well-formed HTTP Basic with a form-encoded id and secret."
        "Authorization 头不是正确的 HTTP Basic（标识和密钥须先做表单编码）。";
    ClientMethodsSeveral = 101007 InvalidRequest 400
        "The client authenticates in more than one way at once." "应用同时使用了多种认证方式。";
    ClientMethodWrong = 101008 InvalidClient 401
        "The client authenticates in another way than it registered." "应用使用的认证方式与登记的不一致。";
    ClientSecretWrong = 101009 InvalidClient 401
        "The client secret is wrong." "应用密钥错误。";
    ClientSecretExpired = 101010 InvalidClient 401
        "The client secret has expired; make a new one." "应用密钥已过期，请更换。";
    ClientAssertionMalformed = 101011 InvalidClient 401
        "The client assertion is not a well-formed JWT with iss, sub, aud, exp and jti."
        "客户端断言不是包含 iss、sub、aud、exp、jti 的正确 JWT。";
    ClientAssertionTypeUnknown = 101012 InvalidRequest 400
        "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
        "client_assertion_type 必须是 urn:ietf:params:oauth:client-assertion-type:jwt-bearer。";
    ClientAssertionSignatureWrong = 101013 InvalidClient 401
        "The signature of the client assertion does not match a registered key and algorithm."
        "客户端断言的签名与登记的密钥或算法不符。";
    ClientAssertionExpired = 101014 InvalidClient 401
        "The client assertion has expired, is not yet valid, or lives too long." "客户端断言已过期、尚未生效或有效期过长。";
    ClientAssertionAudienceWrong = 101015 InvalidClient 401
        "The audience of the client assertion is not this issuer." "客户端断言的 aud 不是本服务。";
    ClientAssertionReplayed = 101016 InvalidClient 401
        "The client assertion has been used before; make a new jti." "客户端断言已使用过，请生成新的 jti。";
    ClientAssertionSubjectWrong = 101017 InvalidClient 401
        "iss and sub of the client assertion must both be the client_id." "客户端断言的 iss 和 sub 必须都是 client_id。";
    ClientKeysUnavailable = 101018 InvalidClient 401
        "The keys behind jwks_uri could not be fetched." "无法从 jwks_uri 取得公钥。";
    ClientIdMismatch = 101019 InvalidRequest 400
        "client_id differs between the header, the body and the assertion." "请求头、请求体、断言中的 client_id 不一致。";
    CertificateMissing = 101030 InvalidClient 401
        "The client must show its certificate by mutual TLS, and none has reached the service."
        "该应用须以双向 TLS 出示证书，但服务没有收到证书。";
    CertificateUntrusted = 101031 InvalidClient 401
        "The client certificate is not issued for client authentication by an authority trusted here."
        "客户端证书不是由受信任的机构为客户端认证签发的。";
    CertificateExpired = 101032 InvalidClient 401
        "The client certificate or one above it has expired or is not yet valid." "客户端证书或其上级证书已过期或尚未生效。";
    CertificateOtherSubject = 101033 InvalidClient 401
        "The client certificate does not carry the registered tls_client_auth name." "客户端证书的名称与登记的 tls_client_auth 不符。";
    CertificateOtherKey = 101034 InvalidClient 401
        "The key of the client certificate is not among the registered keys." "客户端证书的密钥不在登记的密钥之中。";

    ClientEncryptionKeyMissing = 101040 InvalidRequest 400
        "None of the client's keys fits the encryption it registered; publish one with use enc and that alg."
        "应用公布的公钥中没有一把适合其登记的加密算法，请公布 use 为 enc 且 alg 相符的公钥。";
    ClientEncryptionKeysUnavailable = 101041 TemporarilyUnavailable 503
        "The keys behind jwks_uri could not be fetched, so the answer cannot be encrypted."
        "无法从 jwks_uri 取得公钥，因此无法加密应答。";
    ClientAssertionTypeForeign = 101042 InvalidClient 401
        "The typ of the client assertion is that of another kind of token; use JWT or client-authentication+jwt."
        "客户端断言的 typ 属于其他令牌，应为 JWT 或 client-authentication+jwt。";

    // Authorization.
    RedirectMissing = 102001 InvalidRequest 400
        "redirect_uri is missing." "缺少 redirect_uri。";
    RedirectMalformed = 102002 InvalidRequest 400
        "redirect_uri is not an address that could be registered." "redirect_uri 不是可以登记的地址。";
    RedirectUnregistered = 102003 InvalidRequest 400
        "redirect_uri is not registered for this client; it must match character by character."
        "该应用没有登记这个 redirect_uri，必须逐字符一致。";
    ResponseTypeMissing = 102004 InvalidRequest 400
        "response_type is missing." "缺少 response_type。";
    ResponseTypeUnsupported = 102005 UnsupportedResponseType 400
        "This response_type is not supported; use code." "不支持这个 response_type，请用 code。";
    ResponseTypeNotAllowed = 102006 UnauthorizedClient 400
        "The client is not registered for this response_type." "该应用没有登记这个 response_type。";
    ResponseModeUnknown = 102007 InvalidRequest 400
        "response_mode must be query, fragment, form_post, one of these with .jwt, or jwt."
        "response_mode 应为 query、fragment、form_post，或加 .jwt 的形式，或 jwt。";
    ResponseModeUnfit = 102008 InvalidRequest 400
        "This response_mode must not be used with this response_type." "此 response_type 不允许使用这个 response_mode。";
    ScopeMalformed = 102009 InvalidScope 400
        "scope must be at most 64 tokens of printable ASCII in 4096 characters." "scope 最多 64 项、4096 个可见 ASCII 字符。";
    ScopeNotAllowed = 102010 InvalidScope 400
        "The client may not ask for a scope it named, or named none it may ask for."
        "该应用无权申请其中的某个 scope，或未写明可申请的 scope。";
    StateMalformed = 102011 InvalidRequest 400
        "state must be at most 2048 characters without control characters." "state 最多 2048 个字符，不含控制字符。";
    NonceMalformed = 102012 InvalidRequest 400
        "nonce must be at most 512 characters without control characters." "nonce 最多 512 个字符，不含控制字符。";
    NonceMissing = 102013 InvalidRequest 400
        "nonce is required with this response_type." "此 response_type 必须带 nonce。";
    PkceMissing = 102014 InvalidRequest 400
        "code_challenge is required (PKCE with S256)." "必须提供 code_challenge（PKCE，S256）。";
    PkceMethodRefused = 102015 InvalidRequest 400
        "code_challenge_method must be S256." "code_challenge_method 必须是 S256。";
    PkceChallengeMalformed = 102016 InvalidRequest 400
        "code_challenge must be 43 base64url characters." "code_challenge 应为 43 个 base64url 字符。";
    PromptUnknown = 102017 InvalidRequest 400
        "prompt holds a value that is not none, login, consent, select_account or create."
        "prompt 含有 none、login、consent、select_account、create 以外的值。";
    PromptNoneNotAlone = 102018 InvalidRequest 400
        "prompt none must stand alone." "prompt 的 none 不能与其他值同用。";
    MaxAgeMalformed = 102019 InvalidRequest 400
        "max_age must be a number of seconds." "max_age 应为秒数。";
    AcrValuesMalformed = 102020 InvalidRequest 400
        "acr_values must be at most 32 values in 2048 characters." "acr_values 最多 32 项、2048 个字符。";
    HintMalformed = 102021 InvalidRequest 400
        "login_hint or ui_locales is too long or holds control characters." "login_hint 或 ui_locales 过长或含控制字符。";
    IdTokenHintInvalid = 102022 InvalidRequest 400
        "id_token_hint is not an ID token of this service for this client." "id_token_hint 不是本服务发给该应用的 ID Token。";
    ClaimsMalformed = 102023 InvalidRequest 400
        "claims is not the JSON object of OpenID Connect Core 5.5." "claims 不是 OpenID Connect Core 5.5 规定的 JSON 对象。";
    ClaimsTooLarge = 102024 InvalidRequest 400
        "claims is larger than 16 kB or nested too deeply." "claims 超过 16 kB 或嵌套过深。";
    RequestObjectUnsupported = 102025 RequestNotSupported 400
        "Request objects are not supported; send plain parameters." "不支持 request 参数，请直接传参数。";
    RequestUriUnsupported = 102026 RequestUriNotSupported 400
        "This client cannot use request_uri: it has registered no request_uris, or must push its requests."
        "该应用不能使用 request_uri：未登记 request_uris，或必须推送请求。";
    RegistrationUnsupported = 102027 RegistrationNotSupported 400
        "The registration parameter is not supported." "不支持 registration 参数。";
    PushedRequestRequired = 102028 InvalidRequest 400
        "The client must push its authorization request first." "该应用必须先推送授权请求。";
    ResourceInvalid = 102029 InvalidTarget 400
        "resource must be at most 8 absolute URIs without fragment that the client may call."
        "resource 最多 8 个不带片段的绝对 URI，且须在该应用可调用范围内。";
    DpopKeyMalformed = 102030 InvalidRequest 400
        "dpop_jkt must be a SHA-256 thumbprint in base64url." "dpop_jkt 应为 base64url 的 SHA-256 指纹。";
    LoginRequired = 102031 LoginRequired 400
        "Nobody is signed in, or not recently enough, and prompt none forbids asking." "用户未登录或登录过久，而 prompt=none 不允许询问。";
    ConsentRequired = 102033 ConsentRequired 400
        "The person has not consented and prompt none forbids asking." "用户尚未同意授权，而 prompt=none 不允许询问。";
    ConsentDenied = 102035 AccessDenied 403
        "The person said no." "用户拒绝了授权。";
    SignInCancelled = 102036 AccessDenied 403
        "The person left the sign-in." "用户取消了登录。";
    PersonOther = 102037 LoginRequired 400
        "Another person is signed in than id_token_hint or the sub claim names, or these name two." "当前登录的用户与 id_token_hint 或所要求的 sub 不是同一人，或两者所指不同。";
    LevelTooLow = 102038 UnmetAuthenticationRequirements 400
        "The asked level of the person has not been reached; it takes a visit to a window or another verification."
        "用户的实名等级未达到要求，需到窗口或通过其他方式核验。";
    LevelUnknown = 102039 UnmetAuthenticationRequirements 400
        "None of the essential acr values is known here." "要求的 acr 值均不被支持。";
    OpenidMissing = 102042 InvalidScope 400
        "scope must contain openid." "scope 必须包含 openid。";
    RequestObjectMalformed = 102050 InvalidRequestObject 400
        "The request object is not a well-formed JWT of at most 16 kB for this purpose."
        "请求对象不是正确的 JWT，或类型（typ）不符，或超过 16 kB。";
    RequestObjectAlgorithmWrong = 102051 InvalidRequestObject 400
        "The request object is unsigned, or signed with another algorithm than the client registered."
        "请求对象未签名，或签名算法与登记的不一致。";
    RequestObjectSignatureWrong = 102052 InvalidRequestObject 400
        "The signature of the request object matches no registered key of the client." "请求对象的签名与该应用登记的密钥不符。";
    RequestObjectPartiesWrong = 102053 InvalidRequestObject 400
        "iss of the request object must be the client_id, aud must hold this issuer, and sub must not be the client_id."
        "请求对象的 iss 应为 client_id，aud 应包含本服务，sub 不得为 client_id。";
    RequestObjectTimesWrong = 102054 InvalidRequestObject 400
        "The request object has expired, is not yet valid, or lives too long; message signing asks for nbf and exp within 60 minutes."
        "请求对象已过期、尚未生效或有效期过长；消息签名要求带 nbf 和 exp，且不超过 60 分钟。";
    RequestObjectMemberWrong = 102055 InvalidRequestObject 400
        "The request object holds request, request_uri, or a parameter that is not of its kind."
        "请求对象含有 request、request_uri，或某个参数类型不对。";
    RequestObjectDiffers = 102056 InvalidRequest 400
        "client_id or response_type differs between the request and its request object."
        "请求中的 client_id 或 response_type 与请求对象中的不一致。";
    RequestObjectEncrypted = 102057 InvalidRequestObject 400
        "The encrypted request object could not be opened." "无法解开加密的请求对象。";
    RequestObjectRequired = 102058 InvalidRequest 400
        "The client must send its authorization request as a signed request object." "该应用必须以签名的请求对象发起授权请求。";
    RequestObjectKeysUnavailable = 102059 InvalidRequestObject 400
        "The keys behind jwks_uri could not be fetched to check the request object." "无法从 jwks_uri 取得公钥来核对请求对象。";
    RequestUriUnknown = 102060 InvalidRequestUri 400
        "The request_uri is unknown or long expired; push the request again." "request_uri 不存在或早已过期，请重新推送。";
    RequestUriExpired = 102061 InvalidRequestUri 400
        "The request_uri has expired before it was opened; push the request again." "request_uri 未及时使用，已过期，请重新推送。";
    RequestUriUsed = 102062 InvalidRequestUri 400
        "The request_uri has been answered already; push a new request." "request_uri 已使用过，请推送新的请求。";
    RequestUriOtherClient = 102063 InvalidRequestUri 400
        "The request_uri was given to another client." "request_uri 是发给其他应用的。";
    RequestUriPushed = 102064 InvalidRequest 400
        "A pushed request must not hold request_uri." "推送的请求中不能含有 request_uri。";
    RequestTwice = 102065 InvalidRequest 400
        "request and request_uri exclude each other." "request 与 request_uri 不能同时使用。";
    DpopKeyDiffers = 102066 InvalidRequest 400
        "dpop_jkt is not the key of the DPoP proof." "dpop_jkt 与 DPoP 证明的密钥不一致。";
    DetailsMalformed = 102067 InvalidAuthorizationDetails 400
        "authorization_details is not an array of known types with the members and values each type allows."
        "authorization_details 不是数组，或含有未知的类型、字段或取值。";
    DetailsNotAllowed = 102068 InvalidAuthorizationDetails 400
        "The client is not registered for a type or a location in authorization_details."
        "该应用没有登记 authorization_details 中的某个类型或位置。";
    DetailsWidened = 102069 InvalidAuthorizationDetails 400
        "authorization_details is wider than what was granted." "authorization_details 超出了原授权范围。";
    CodeKeyWrong = 102070 InvalidGrant 400
        "The code is bound to another key by dpop_jkt, or no DPoP proof was sent." "授权码已由 dpop_jkt 绑定其他密钥，或未提供 DPoP 证明。";
    ResourceWidened = 102071 InvalidTarget 400
        "resource is none that was granted." "resource 不在原授权范围内。";

    // Verified claims.
    VerifiedClaimsMalformed = 102090 InvalidRequest 400
        "verified_claims must name its claims and, in verification, trust_framework; evidence entries name their type by value."
        "verified_claims 须列出 claims，verification 中须有 trust_framework，evidence 各项须以 value 指明 type。";

    // Requests behind an address.
    RequestUriUnregistered = 102110 InvalidRequestUri 400
        "request_uri is none of the request_uris the client registered." "request_uri 不在该应用登记的 request_uris 之中。";
    RequestUriUnavailable = 102111 InvalidRequestUri 400
        "The request object behind request_uri could not be fetched, or is larger than 16 kB."
        "无法从 request_uri 取得请求对象，或其超过 16 kB。";

    // Token.
    GrantTypeMissing = 103001 InvalidRequest 400
        "grant_type is missing." "缺少 grant_type。";
    GrantTypeUnsupported = 103002 UnsupportedGrantType 400
        "This grant_type is not supported." "不支持这个 grant_type。";
    GrantTypeNotAllowed = 103003 UnauthorizedClient 400
        "The client is not registered for this grant_type." "该应用没有登记这个 grant_type。";
    CodeMissing = 103004 InvalidRequest 400
        "code is missing." "缺少 code。";
    CodeUnknown = 103005 InvalidGrant 400
        "The code is unknown or long expired." "授权码不存在或早已过期。";
    CodeExpired = 103006 InvalidGrant 400
        "The code has expired; it lives 60 seconds." "授权码已过期，有效期 60 秒。";
    CodeReplayed = 103007 InvalidGrant 400
        "The code has been used before; the tokens issued for it are revoked." "授权码已使用过，由它签发的令牌已撤销。";
    CodeOtherClient = 103008 InvalidGrant 400
        "The code was issued to another client." "授权码是发给其他应用的。";
    CodeRedirectMissing = 103009 InvalidRequest 400
        "redirect_uri is missing; repeat the one of the authorization request." "缺少 redirect_uri，须与授权请求中的一致。";
    CodeRedirectWrong = 103010 InvalidGrant 400
        "redirect_uri differs from the one of the authorization request." "redirect_uri 与授权请求中的不一致。";
    VerifierMissing = 103011 InvalidGrant 400
        "code_verifier is missing." "缺少 code_verifier。";
    VerifierMalformed = 103012 InvalidGrant 400
        "code_verifier must be 43 to 128 unreserved characters." "code_verifier 应为 43 至 128 个非保留字符。";
    VerifierWrong = 103013 InvalidGrant 400
        "code_verifier does not belong to the code_challenge." "code_verifier 与 code_challenge 不符。";
    VerifierUnexpected = 103014 InvalidGrant 400
        "code_verifier is given although the request had no code_challenge." "授权请求没有 code_challenge，却提供了 code_verifier。";
    RefreshMissing = 103015 InvalidRequest 400
        "refresh_token is missing." "缺少 refresh_token。";
    RefreshUnknown = 103016 InvalidGrant 400
        "The refresh token is unknown." "刷新令牌不存在。";
    RefreshExpired = 103017 InvalidGrant 400
        "The refresh token has expired." "刷新令牌已过期。";
    RefreshReplayed = 103018 InvalidGrant 400
        "The refresh token was replaced before; the whole family is revoked." "刷新令牌已被替换过，同系令牌已全部撤销。";
    RefreshOtherClient = 103019 InvalidGrant 400
        "The refresh token was issued to another client." "刷新令牌是发给其他应用的。";
    RefreshRevoked = 103020 InvalidGrant 400
        "The refresh token has been revoked." "刷新令牌已撤销。";
    ScopeWidened = 103021 InvalidScope 400
        "scope is wider than what was granted." "scope 超出了原授权范围。";
    SessionEnded = 103022 InvalidGrant 400
        "The person has signed out." "用户已退出登录。";
    ConsentWithdrawn = 103023 InvalidGrant 400
        "The person has withdrawn the consent." "用户已收回授权。";
    AccountInactive = 103024 InvalidGrant 400
        "The account this grant belongs to can no longer be used." "此授权所属的账号已不可用。";

    SubjectTokenMissing = 103030 InvalidRequest 400
        "subject_token is missing." "缺少 subject_token。";
    TokenTypeMissing = 103031 InvalidRequest 400
        "subject_token_type or actor_token_type is missing." "缺少 subject_token_type 或 actor_token_type。";
    TokenTypeUnsupported = 103032 InvalidRequest 400
        "The token type must be urn:ietf:params:oauth:token-type:access_token."
        "令牌类型必须是 urn:ietf:params:oauth:token-type:access_token。";
    SubjectTokenInvalid = 103033 InvalidRequest 400
        "The subject token is not a living access token of a person." "subject_token 不是有效的、属于自然人的访问令牌。";
    ActorTokenInvalid = 103034 InvalidRequest 400
        "The actor token is not a living access token that the client got for itself." "actor_token 不是该应用为自身取得的有效访问令牌。";
    ExchangeNotAllowed = 103035 InvalidRequest 400
        "The client may not exchange tokens of the client this one was issued to." "该应用无权交换此令牌所属应用的令牌。";
    TargetMissing = 103036 InvalidRequest 400
        "audience or resource is missing; say whom the new token is for." "缺少 audience 或 resource，须指明新令牌的使用方。";
    TargetUnknown = 103037 InvalidTarget 400
        "audience and resource must name one target that the client may exchange this token for."
        "audience 和 resource 必须指向同一个允许交换的目标。";
    ActorsTooMany = 103038 InvalidRequest 400
        "The token has been passed on too often." "令牌转交次数过多。";
    GrantAssertionMissing = 103040 InvalidRequest 400
        "assertion is missing." "缺少 assertion。";
    GrantAssertionMalformed = 103041 InvalidGrant 400
        "The assertion is not a well-formed JWT with iss, sub, aud, exp and jti." "断言不是包含 iss、sub、aud、exp、jti 的正确 JWT。";
    GrantAssertionUntrusted = 103042 InvalidGrant 400
        "The assertion is not signed by the client or by an issuer declared for it." "断言不是由该应用或为其登记的签发方签名的。";
    GrantAssertionAudienceWrong = 103043 InvalidGrant 400
        "The audience of the assertion must be this issuer or its token endpoint, and nobody else."
        "断言的 aud 必须且只能是本服务或其令牌端点。";
    GrantAssertionExpired = 103044 InvalidGrant 400
        "The assertion has expired, is not yet valid, or lives longer than 5 minutes." "断言已过期、尚未生效或有效期超过 5 分钟。";
    GrantAssertionReplayed = 103045 InvalidGrant 400
        "The assertion has been used before; make a new jti." "断言已使用过，请生成新的 jti。";
    // Token: devices (RFC 8628).
    DeviceCodeMissing = 103060 InvalidRequest 400
        "device_code is missing." "缺少 device_code。";
    DeviceCodeUnknown = 103061 InvalidGrant 400
        "The device code is unknown or long expired." "设备码不存在或早已过期。";
    DeviceCodeOtherClient = 103062 InvalidGrant 400
        "The device code was issued to another client." "设备码是发给其他应用的。";
    DeviceCodeUsed = 103063 InvalidGrant 400
        "Tokens have been issued for this device code already." "此设备码已经换取过令牌。";
    AuthorizationPending = 103064 AuthorizationPending 400
        "The person has not answered yet; ask again after the interval." "用户尚未答复，请在间隔时间后再询问。";
    SlowDown = 103065 SlowDown 400
        "Asked too soon; from now on wait 5 seconds longer than before." "询问过于频繁，今后的间隔须再加 5 秒。";
    DeviceCodeExpired = 103066 ExpiredToken 400
        "The device code has expired; begin again." "设备码已过期，请重新开始。";
    DeviceDenied = 103067 AccessDenied 400
        "The person said no." "用户拒绝了授权。";
    DeviceNameMalformed = 103068 InvalidRequest 400
        "device_name must be at most 60 characters without control characters." "device_name 最多 60 个字符，不含控制字符。";
    DeviceStartsTooMany = 103069 TemporarilyUnavailable 429
        "Too many devices have begun within ten minutes; wait before trying again." "十分钟内发起的设备登录过多，请稍后再试。";

    // Token: requests that a client begins (CIBA Core 1.0).
    AuthReqIdMissing = 103080 InvalidRequest 400
        "auth_req_id is missing." "缺少 auth_req_id。";
    AuthReqIdUnknown = 103081 InvalidGrant 400
        "The auth_req_id is unknown or long expired." "auth_req_id 不存在或早已过期。";
    AuthReqIdOtherClient = 103082 InvalidGrant 400
        "The auth_req_id was issued to another client." "auth_req_id 是发给其他应用的。";
    AuthReqIdUsed = 103083 InvalidGrant 400
        "Tokens have been issued for this auth_req_id already." "此 auth_req_id 已经换取过令牌。";
    AuthReqIdExpired = 103084 ExpiredToken 400
        "The person did not answer in time." "用户未在时限内答复。";
    CibaDenied = 103085 AccessDenied 400
        "The person said no." "用户拒绝了授权。";
    CibaPushOnly = 103086 UnauthorizedClient 400
        "The client is registered for push: its tokens are delivered, not asked for." "该应用登记为推送方式，令牌由本服务送达，不能来取。";
    CibaHintsWrong = 103087 InvalidRequest 400
        "Exactly one of login_hint, login_hint_token and id_token_hint is needed." "login_hint、login_hint_token、id_token_hint 须且只能提供一个。";
    CibaPersonUnknown = 103088 UnknownUserId 400
        "The hint leads to nobody who can be asked." "按所给提示找不到可以询问的用户。";
    CibaHintTokenInvalid = 103089 InvalidRequest 400
        "login_hint_token is not a JWT of this client for this issuer." "login_hint_token 不是该应用为本服务签发的 JWT。";
    CibaHintTokenExpired = 103090 ExpiredLoginHintToken 400
        "login_hint_token has expired." "login_hint_token 已过期。";
    CibaBindingMessageInvalid = 103091 InvalidBindingMessage 400
        "binding_message must be 1 to 100 visible characters in one line." "binding_message 应为一行 1 至 100 个可见字符。";
    CibaExpiryMalformed = 103092 InvalidRequest 400
        "requested_expiry must be a positive number of seconds." "requested_expiry 应为正整数秒数。";
    CibaNotificationTokenUnfit = 103093 InvalidRequest 400
        "client_notification_token is needed for ping and push: 22 to 1024 characters of a bearer token."
        "ping 和 push 方式必须提供 client_notification_token：22 至 1024 个字符的 Bearer 令牌。";
    CibaRequestInvalid = 103094 InvalidRequest 400
        "request is not a JWT signed by this client for this issuer with iss, aud, exp, iat, nbf and jti that hold now."
        "request 不是该应用为本服务签发的 JWT，或其 iss、aud、exp、iat、nbf、jti 不符。";
    CibaRequestUnsigned = 103095 InvalidRequest 400
        "The client must sign its authentication request (request)." "该应用的认证请求必须签名（request）。";
    CibaRequestMixed = 103096 InvalidRequest 400
        "With request every parameter of the request stands inside it." "使用 request 时，全部参数须放在其中。";
    CibaRequestReplayed = 103097 InvalidRequest 400
        "The signed request has been used before; make a new jti." "签名请求已使用过，请生成新的 jti。";
    CibaBindingMessageMissing = 103098 InvalidRequest 400
        "The client must send a binding_message." "该应用必须提供 binding_message。";
    CibaTooManyWaiting = 103099 TemporarilyUnavailable 429
        "Too many requests of this client wait for this person." "该应用等待此用户答复的请求过多。";
    CibaLevelTooLow = 103100 TransactionFailed 400
        "The asked level of the person has not been reached." "用户的实名等级未达到要求。";
    CibaScopeMissing = 103101 InvalidRequest 400
        "scope is missing; it must contain openid." "缺少 scope，且须包含 openid。";
    CibaActionUnknown = 103102 InvalidRequest 400
        "action must be allow or deny." "action 应为 allow 或 deny。";
    CibaAnswered = 103103 InvalidRequest 400
        "The request has been answered already." "该请求已有答复。";

    // Access tokens at a resource.
    AccessTokenMissing = 104001 InvalidRequest 401
        "No access token was sent." "没有提供访问令牌。";
    AccessTokensSeveral = 104002 InvalidRequest 400
        "The access token is sent in more than one way." "访问令牌以多种方式重复提供。";
    AccessTokenMalformed = 104003 InvalidRequest 400
        "The Authorization header does not hold a bearer token." "Authorization 头中没有正确的 Bearer 令牌。";
    AccessTokenUnknown = 104004 InvalidToken 401
        "The access token is unknown or was not issued here." "访问令牌不存在或不是本服务签发的。";
    AccessTokenExpired = 104005 InvalidToken 401
        "The access token has expired." "访问令牌已过期。";
    AccessTokenRevoked = 104006 InvalidToken 401
        "The access token has been revoked." "访问令牌已撤销。";
    AccessTokenWrongKind = 104007 InvalidToken 401
        "This token is not an access token for this address." "该令牌不是用于此地址的访问令牌。";
    ScopeInsufficient = 104008 InsufficientScope 403
        "The access token does not carry the scope this address needs." "访问令牌缺少此地址所需的 scope。";
    AuthenticationInsufficient = 104009 InsufficientUserAuthentication 401
        "The level or age of the sign-in does not suffice; ask for a new authorization." "认证等级或时效不足，请重新发起授权。";
    ProofMissing = 104020 InvalidDpopProof 400
        "A DPoP proof is needed and none was sent." "需要 DPoP 证明，但未提供。";
    ProofsSeveral = 104021 InvalidDpopProof 400
        "There must be exactly one DPoP header." "DPoP 头只能有一个。";
    ProofMalformed = 104022 InvalidDpopProof 400
        "The DPoP proof is not a JWT of typ dpop+jwt with jwk, jti, htm, htu and iat."
        "DPoP 证明不是 typ 为 dpop+jwt 且含 jwk、jti、htm、htu、iat 的 JWT。";
    ProofAlgorithmRefused = 104023 InvalidDpopProof 400
        "The algorithm of the DPoP proof must be PS256, ES256 or EdDSA." "DPoP 证明的算法应为 PS256、ES256 或 EdDSA。";
    ProofKeyRefused = 104024 InvalidDpopProof 400
        "The jwk of the DPoP proof must be one public key without private or symmetric parts."
        "DPoP 证明的 jwk 必须是公钥，不得含私钥或对称密钥成分。";
    ProofSignatureWrong = 104025 InvalidDpopProof 400
        "The signature of the DPoP proof does not match its jwk." "DPoP 证明的签名与其 jwk 不符。";
    ProofMethodWrong = 104026 InvalidDpopProof 400
        "htm of the DPoP proof is not the method of this request." "DPoP 证明的 htm 与请求方法不符。";
    ProofAddressWrong = 104027 InvalidDpopProof 400
        "htu of the DPoP proof is not the address of this request." "DPoP 证明的 htu 与请求地址不符。";
    ProofStale = 104028 InvalidDpopProof 400
        "The DPoP proof is too old or from the future; make one for each request and check the clock."
        "DPoP 证明过旧或时间在未来，每次请求须重新生成，并请校准时钟。";
    ProofReplayed = 104029 InvalidDpopProof 400
        "The DPoP proof has been used before; make a new jti." "DPoP 证明已使用过，请生成新的 jti。";
    ProofTokenWrong = 104030 InvalidDpopProof 400
        "ath of the DPoP proof is missing or is not the digest of the access token." "DPoP 证明缺少 ath，或 ath 不是访问令牌的摘要。";
    ProofNonceNeeded = 104031 UseDpopNonce 400
        "The DPoP proof needs a nonce of this service: take it from the DPoP-Nonce header and try again."
        "DPoP 证明须带本服务的 nonce，请用 DPoP-Nonce 头中的值重试。";
    TokenNeedsProof = 104032 InvalidToken 401
        "The access token is bound to a key: send it as DPoP with a proof." "访问令牌已绑定密钥，须以 DPoP 方式连同证明一起提交。";
    TokenOtherKey = 104033 InvalidToken 401
        "The access token is bound to another key than that of the DPoP proof." "访问令牌绑定的不是 DPoP 证明所用的密钥。";
    TokenNotBound = 104034 InvalidToken 401
        "The access token is not bound to a key: send it as Bearer." "访问令牌没有绑定密钥，须以 Bearer 方式提交。";
    TokenOtherCertificate = 104035 InvalidToken 401
        "The access token is bound to a client certificate that was not shown." "访问令牌绑定了客户端证书，但请求未出示该证书。";
    RefreshOtherKey = 104037 InvalidGrant 400
        "The refresh token is bound to another key or certificate than was shown." "刷新令牌绑定的不是所出示的密钥或证书。";
    CertificateRequired = 104038 InvalidRequest 400
        "The client is registered for tokens bound to its certificate and showed none." "该应用登记使用证书绑定的令牌，但未出示证书。";
    BindingRequired = 104039 InvalidRequest 400
        "This client gets bound tokens only: send a DPoP proof or show a client certificate."
        "该应用只能取得绑定的令牌，请提供 DPoP 证明或客户端证书。";
    ProofRequired = 104040 InvalidRequest 400
        "The client is registered for tokens bound to a key: send a DPoP proof." "该应用登记使用密钥绑定的令牌，请提供 DPoP 证明。";

    // Introspection and revocation.
    TokenMissing = 105001 InvalidRequest 400
        "token is missing." "缺少 token。";
    TokenMalformed = 105002 InvalidRequest 400
        "token is longer than 8192 characters or holds other than printable ASCII." "token 超过 8192 个字符或含不可见字符。";
    CallerNotAllowed = 105003 UnauthorizedClient 403
        "The client may not ask about tokens." "该应用无权查询令牌。";
    TokenOtherClient = 105004 InvalidRequest 400
        "The token was issued to another client." "令牌是发给其他应用的。";

    // Logout.
    LogoutHintInvalid = 106001 InvalidRequest 400
        "id_token_hint is not an ID token of this service." "id_token_hint 不是本服务签发的 ID Token。";
    LogoutClientMismatch = 106002 InvalidRequest 400
        "client_id is not the client id_token_hint was issued to." "client_id 与 id_token_hint 的应用不一致。";
    LogoutRedirectMalformed = 106003 InvalidRequest 400
        "post_logout_redirect_uri is not an address that could be registered." "post_logout_redirect_uri 不是可以登记的地址。";
    LogoutRedirectUnregistered = 106004 InvalidRequest 400
        "post_logout_redirect_uri is not registered for this client." "该应用没有登记这个 post_logout_redirect_uri。";
    LogoutClientMissing = 106005 InvalidRequest 400
        "post_logout_redirect_uri needs id_token_hint or client_id." "使用 post_logout_redirect_uri 须带 id_token_hint 或 client_id。";
    LogoutHintMalformed = 106006 InvalidRequest 400
        "logout_hint or ui_locales is too long or holds control characters." "logout_hint 或 ui_locales 过长或含控制字符。";

    // Registration of clients.
    RegistrationOff = 108001 AccessDenied 403
        "Systems cannot register themselves here; ask the operator." "本服务未开放自助登记，请联系运营方。";
    InvitationUnknown = 108002 InvalidToken 401
        "The initial access token is unknown." "初始访问令牌不存在。";
    InvitationExpired = 108003 InvalidToken 401
        "The initial access token has expired; ask the operator for a new one." "初始访问令牌已过期，请向运营方重新申请。";
    InvitationUsedUp = 108004 InvalidToken 401
        "The initial access token has registered as many clients as it may." "初始访问令牌的登记次数已用完。";
    InvitationRevoked = 108005 InvalidToken 401
        "The initial access token has been withdrawn." "初始访问令牌已被收回。";
    RegistrationNotJson = 108006 InvalidRequest 415
        "The body must be application/json." "请求体必须是 application/json。";
    RegistrationMalformed = 108007 InvalidClientMetadata 400
        "The body must be one JSON object of at most 64 kB and 12 levels that names no member twice."
        "请求体应为一个 JSON 对象：不超过 64 kB、12 层，成员不得重复。";
    MetadataInvalid = 108008 InvalidClientMetadata 400
        "A member of the client metadata cannot be accepted." "客户端元数据中有成员不能接受。";
    RedirectsInvalid = 108009 InvalidRedirectUri 400
        "A redirect URI cannot be accepted." "有 redirect_uri 不能接受。";
    StatementInvalid = 108010 InvalidSoftwareStatement 400
        "The software statement is not a valid signed JWT of its publisher." "软件声明不是其发布者签名的有效 JWT。";
    StatementUnapproved = 108011 UnapprovedSoftwareStatement 400
        "The publisher of the software statement is not trusted here." "软件声明的发布者不在受信名单中。";
    SectorUnavailable = 108012 InvalidClientMetadata 400
        "The document behind sector_identifier_uri could not be fetched." "无法取得 sector_identifier_uri 指向的文件。";
    SectorIncomplete = 108013 InvalidClientMetadata 400
        "The document behind sector_identifier_uri is not a JSON array that lists every redirect URI of the client."
        "sector_identifier_uri 指向的文件不是列出全部 redirect_uri 的 JSON 数组。";
    RegistrationsTooMany = 108014 TemporarilyUnavailable 429
        "Too many registrations within the hour; try again later." "一小时内登记次数过多，请稍后再试。";
    DepartmentFull = 108015 AccessDenied 403
        "The department has as many self-registered clients as it may; delete some or ask the operator."
        "该部门自助登记的应用已达上限，请删除一些或联系运营方。";
    ClientPending = 108016 UnauthorizedClient 403
        "The client is registered and waits for the approval of the operator." "该应用已登记，正在等待运营方审核。";
    RegistrationTokenWrong = 108017 InvalidToken 401
        "The registration access token is not the one of this client." "注册访问令牌与该应用不符。";
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.number(), self.description(Locale::En))
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_six_digits_and_rise() {
        let numbers: Vec<u32> = Refusal::ALL.iter().map(|refusal| refusal.number()).collect();
        assert!(numbers.iter().all(|number| (100_000..=999_999).contains(number)));
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }

    /// RFC 6749 §4.1.2.1 and §5.2: `error_description` is %x20-21 / %x23-5B / %x5D-7E.
    #[test]
    fn english_fits_the_wire_and_chinese_is_chinese() {
        for refusal in Refusal::ALL {
            let english = refusal.description(Locale::En);
            assert!(
                english.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
                "{english}"
            );
            let chinese = refusal.description(Locale::ZhCn);
            assert!(
                chinese.ends_with('。') && chinese.chars().any(|c| ('一'..='龥').contains(&c)),
                "{chinese}"
            );
        }
    }

    #[test]
    fn statuses_fit_the_codes() {
        for refusal in Refusal::ALL {
            let fits = match refusal.code() {
                ErrorCode::InvalidClient | ErrorCode::InvalidToken => refusal.status() == 401,
                ErrorCode::InvalidGrant | ErrorCode::InvalidScope => refusal.status() == 400,
                ErrorCode::ServerError => refusal.status() == 500,
                _ => (400..=503).contains(&refusal.status()),
            };
            assert!(fits, "{refusal}");
        }
    }
}
