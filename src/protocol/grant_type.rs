//! Grant types we speak (RFC 6749 §4, §6). There is no password grant, ever.

use super::text::words;

words! {
    /// `grant_type`.
    GrantType, "grant type must be one of grant_types_supported" {
        AuthorizationCode = "authorization_code",
        /// Never sent to the token endpoint: it lets a client get tokens from the authorization endpoint (RFC 7591 §2.1).
        Implicit = "implicit",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
        /// RFC 8693 §2.1.
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
        /// RFC 7523 §2.1.
        JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer",
        /// RFC 8628 §3.4.
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        /// CIBA Core 1.0 §4.
        Ciba = "urn:openid:params:grant-type:ciba",
    }
}
