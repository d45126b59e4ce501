//! The error codes of the specifications, as they stand on the wire.

use super::text::words;

words! {
    /// The value of `error`.
    ErrorCode, "not an error code of a specification" {
        // RFC 6749 §4.1.2.1 and §5.2.
        InvalidRequest = "invalid_request",
        UnauthorizedClient = "unauthorized_client",
        AccessDenied = "access_denied",
        UnsupportedResponseType = "unsupported_response_type",
        InvalidScope = "invalid_scope",
        ServerError = "server_error",
        TemporarilyUnavailable = "temporarily_unavailable",
        InvalidClient = "invalid_client",
        InvalidGrant = "invalid_grant",
        UnsupportedGrantType = "unsupported_grant_type",
        // OpenID Connect Core §3.1.2.6.
        LoginRequired = "login_required",
        ConsentRequired = "consent_required",
        InvalidRequestUri = "invalid_request_uri",
        InvalidRequestObject = "invalid_request_object",
        RequestNotSupported = "request_not_supported",
        RequestUriNotSupported = "request_uri_not_supported",
        RegistrationNotSupported = "registration_not_supported",
        /// OpenID Connect Core Error Code `unmet_authentication_requirements`.
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
        /// RFC 8707 §2.
        InvalidTarget = "invalid_target",
        /// RFC 9396 §5.
        InvalidAuthorizationDetails = "invalid_authorization_details",
        // RFC 6750 §3.1.
        InvalidToken = "invalid_token",
        InsufficientScope = "insufficient_scope",
        /// RFC 9470 §3.
        InsufficientUserAuthentication = "insufficient_user_authentication",
        /// RFC 7009 §2.2.1.
        UnsupportedTokenType = "unsupported_token_type",
        // RFC 7591 §3.2.2.
        InvalidRedirectUri = "invalid_redirect_uri",
        InvalidClientMetadata = "invalid_client_metadata",
        // RFC 8628 §3.5, CIBA Core 1.0 §11.
        AuthorizationPending = "authorization_pending",
        SlowDown = "slow_down",
        ExpiredToken = "expired_token",
        // CIBA Core 1.0 §12, §13.
        TransactionFailed = "transaction_failed",
        UnknownUserId = "unknown_user_id",
        ExpiredLoginHintToken = "expired_login_hint_token",
        InvalidBindingMessage = "invalid_binding_message",
        InvalidSoftwareStatement = "invalid_software_statement",
        UnapprovedSoftwareStatement = "unapproved_software_statement",
        // RFC 9449 §5 and §8.
        InvalidDpopProof = "invalid_dpop_proof",
        UseDpopNonce = "use_dpop_nonce",
    }
}
