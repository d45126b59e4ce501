//! Grant types we speak (RFC 6749 §4, §6). There is no password grant, ever.

use super::text::words;

words! {
    /// `grant_type`.
    GrantType, "grant type must be authorization_code, refresh_token or client_credentials" {
        AuthorizationCode = "authorization_code",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
    }
}
