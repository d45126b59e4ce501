//! Grant types we speak (RFC 6749 §4, §6). There is no password grant, ever.

use super::text::words;

words! {
    /// `grant_type`.
    GrantType, "grant type must be authorization_code, implicit, refresh_token or client_credentials" {
        AuthorizationCode = "authorization_code",
        /// Never sent to the token endpoint: it lets a client get tokens from the authorization endpoint (RFC 7591 §2.1).
        Implicit = "implicit",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
    }
}
