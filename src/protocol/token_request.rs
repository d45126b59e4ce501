//! The token request, per grant (RFC 6749 §4.1.3, §4.4.2, §6; RFC 7636 §4.5).

use crate::base::Secret;

use super::grant_type::GrantType;
use super::params::Params;
use super::pkce::CodeVerifier;
use super::refusal::Refusal;
use super::scope::Scope;
use super::token_exchange::TokenExchange;

const MOST_TOKEN: usize = 8192;
const MOST_REDIRECT: usize = 2048;

/// What is exchanged for tokens. Read it after the client has authenticated: `invalid_client` goes first.
#[derive(Debug, Clone)]
pub enum TokenRequest {
    AuthorizationCode {
        code: Secret,
        /// As sent: it is compared with the authorization request byte for byte.
        redirect_uri: Option<String>,
        code_verifier: Option<CodeVerifier>,
    },
    RefreshToken {
        refresh_token: Secret,
        /// Absent: the scope that was granted.
        scope: Option<Scope>,
    },
    ClientCredentials {
        /// Absent: what the client is registered for.
        scope: Option<Scope>,
    },
    DeviceCode {
        device_code: Secret,
    },
    Ciba {
        auth_req_id: Secret,
    },
    TokenExchange(Box<TokenExchange>),
    JwtBearer {
        assertion: Secret,
        /// Absent: what the client may ask for.
        scope: Option<Scope>,
    },
}

impl TokenRequest {
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let grant = params.get("grant_type").ok_or(Refusal::GrantTypeMissing)?;
        match grant.parse().map_err(|_| Refusal::GrantTypeUnsupported)? {
            GrantType::AuthorizationCode => authorization_code(params),
            GrantType::Implicit => Err(Refusal::GrantTypeUnsupported),
            GrantType::RefreshToken => refresh_token(params),
            GrantType::ClientCredentials => Ok(Self::ClientCredentials { scope: scope(params)? }),
            GrantType::DeviceCode => device_code(params),
            GrantType::Ciba => ciba(params),
            GrantType::TokenExchange => {
                TokenExchange::parse(params).map(|exchange| Self::TokenExchange(Box::new(exchange)))
            }
            GrantType::JwtBearer => jwt_bearer(params),
        }
    }

    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::DeviceCode { .. } => GrantType::DeviceCode,
            Self::Ciba { .. } => GrantType::Ciba,
            Self::TokenExchange(_) => GrantType::TokenExchange,
            Self::JwtBearer { .. } => GrantType::JwtBearer,
        }
    }
}

fn authorization_code(params: &Params) -> Result<TokenRequest, Refusal> {
    let code = params.get("code").ok_or(Refusal::CodeMissing)?;
    let redirect_uri = params.get("redirect_uri");
    if redirect_uri.is_some_and(|uri| uri.len() > MOST_REDIRECT) {
        return Err(Refusal::CodeRedirectWrong);
    }
    let verifier = params.get("code_verifier").map(str::parse).transpose();
    Ok(TokenRequest::AuthorizationCode {
        code: secret(code).ok_or(Refusal::CodeUnknown)?,
        redirect_uri: redirect_uri.map(str::to_owned),
        code_verifier: verifier.map_err(|_| Refusal::VerifierMalformed)?,
    })
}

fn refresh_token(params: &Params) -> Result<TokenRequest, Refusal> {
    let refresh_token = params.get("refresh_token").ok_or(Refusal::RefreshMissing)?;
    Ok(TokenRequest::RefreshToken {
        refresh_token: secret(refresh_token).ok_or(Refusal::RefreshUnknown)?,
        scope: scope(params)?,
    })
}

fn device_code(params: &Params) -> Result<TokenRequest, Refusal> {
    let text = params.get("device_code").ok_or(Refusal::DeviceCodeMissing)?;
    Ok(TokenRequest::DeviceCode { device_code: secret(text).ok_or(Refusal::DeviceCodeUnknown)? })
}

fn ciba(params: &Params) -> Result<TokenRequest, Refusal> {
    let text = params.get("auth_req_id").ok_or(Refusal::AuthReqIdMissing)?;
    Ok(TokenRequest::Ciba { auth_req_id: secret(text).ok_or(Refusal::AuthReqIdUnknown)? })
}

fn jwt_bearer(params: &Params) -> Result<TokenRequest, Refusal> {
    let assertion = params.get("assertion").ok_or(Refusal::GrantAssertionMissing)?;
    Ok(TokenRequest::JwtBearer {
        assertion: secret(assertion).ok_or(Refusal::GrantAssertionMalformed)?,
        scope: scope(params)?,
    })
}

fn scope(params: &Params) -> Result<Option<Scope>, Refusal> {
    params.get("scope").map(str::parse).transpose().map_err(|_| Refusal::ScopeMalformed)
}

/// Longer than any we made, or with other characters (RFC 6749 Appendix A.11, A.17): it cannot be ours.
fn secret(text: &str) -> Option<Secret> {
    let fits = text.len() <= MOST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<TokenRequest, Refusal> {
        TokenRequest::parse(&Params::parse(body).unwrap())
    }

    #[test]
    fn reads_each_grant() {
        let verifier = "a".repeat(43);
        let body =
            format!("grant_type=authorization_code&code=c&redirect_uri=https://a/&code_verifier={verifier}");
        let Ok(TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier }) = read(&body) else {
            panic!("a code exchange")
        };
        assert_eq!((code.expose(), redirect_uri.as_deref()), ("c", Some("https://a/")));
        assert_eq!(code_verifier.unwrap().challenge(), verifier.parse::<CodeVerifier>().unwrap().challenge());
        let Ok(TokenRequest::RefreshToken { scope, .. }) =
            read("grant_type=refresh_token&refresh_token=r&scope=openid")
        else {
            panic!("a refresh")
        };
        assert_eq!(scope, Some("openid".parse().unwrap()));
        assert_eq!(read("grant_type=client_credentials").unwrap().grant_type(), GrantType::ClientCredentials);
    }

    #[test]
    fn refuses_by_cause() {
        let long = format!("grant_type=authorization_code&code={}", "c".repeat(8193));
        let cases = [
            ("", Refusal::GrantTypeMissing),
            ("grant_type=password&username=u&password=p", Refusal::GrantTypeUnsupported),
            ("grant_type=implicit", Refusal::GrantTypeUnsupported),
            ("grant_type=authorization_code", Refusal::CodeMissing),
            ("grant_type=authorization_code&code=c&code_verifier=short", Refusal::VerifierMalformed),
            ("grant_type=authorization_code&code=%E4%B8%AD", Refusal::CodeUnknown),
            (&long, Refusal::CodeUnknown),
            ("grant_type=refresh_token", Refusal::RefreshMissing),
            ("grant_type=refresh_token&refresh_token=%0a", Refusal::RefreshUnknown),
            ("grant_type=client_credentials&scope=%22", Refusal::ScopeMalformed),
            ("grant_type=urn:ietf:params:oauth:grant-type:token-exchange", Refusal::SubjectTokenMissing),
            ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", Refusal::GrantAssertionMissing),
            (
                "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=%20",
                Refusal::GrantAssertionMalformed,
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body).map(|_| ()), Err(expected), "{body:.60}");
        }
    }
}
